"""What lives in space: sheets, clouds, axes, regions, landscapes."""
