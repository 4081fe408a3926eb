#version 330
// Only counted, never seen.
out vec4 pixel_colour;

void main() {
    pixel_colour = vec4(0.0);
}
