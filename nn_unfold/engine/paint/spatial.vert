#version 330
// Faces, lines and points share one vertex format, so that translucent ones of every kind
// can be sorted against each other and drawn in one call.

in vec3 position;   // scene units
in vec3 other;      // lines: the other end; faces: place in their plane, distance of its grid lines;
                    // with a picture, faces and points: texture coordinates, for faces and then -1
in vec2 corner;     // lines: (+1 start / -1 end, side); points: corner of the square; faces: place in the square with a rim
in vec4 rgba;       // straight alpha
in float size;      // lines: width, points: radius, both in pixels; faces: order among coplanar faces
in float kind;      // 0 face, 1 line, 1.25 soft edge of a face, 2.. point with marker shape kind - 2

uniform mat4 projection;
uniform vec2 pixel;         // one pixel in normalised device coordinates
uniform vec3 to_eye;        // scene units a pixel, where clip space has w = 1, along the view axis towards the eye

out vec4 colour;
out vec3 place;             // scene units, for the normal of a face
out vec3 chart;             // as `other` for faces and points; a distance of 0: no grid
out vec2 local;             // pixels from the axis of a line, or from the centre of a point; faces: as `corner`
flat out float extent;
flat out float shape;
flat out float length_px;

const float LINE_BIAS = 1e-4;
const float ORDER_BIAS = 2e-5;
const float LIFT = 0.85;    // of its radius: how far a point is moved towards the eye

void main() {
    vec4 p = projection * vec4(position, 1.0);
    colour = rgba;
    place = position;
    chart = other;
    local = vec2(0.0);
    extent = size;
    shape = kind;
    length_px = 0.0;
    if (kind < 0.5) {
        local = corner;
        p.z -= size * ORDER_BIAS * p.w;
    } else if (kind < 1.5) {
        vec4 q = projection * vec4(other, 1.0);
        vec2 along = (q.xy / q.w - p.xy / p.w) / pixel * corner.x;
        float span = length(along);
        along = span > 1e-6 ? along / span : vec2(1.0, 0.0);
        vec2 across = vec2(-along.y, along.x);
        float half_width = 0.5 * size + 1.0;
        // A translucent line ends square, or its joints would be painted twice; so does the soft edge of a face.
        float cap = rgba.a > 0.995 && kind < 1.1 ? half_width : 0.0;
        vec2 offset = across * corner.y * half_width - along * corner.x * cap;
        p.xy += offset * pixel * p.w;
        p.z -= LINE_BIAS * p.w;
        local = vec2(corner.x > 0.0 ? -cap : span + cap, corner.y * half_width);
        length_px = span;
    } else {
        float reach = size * 1.3 + 1.0;
        // A ball in the plane of a face is seen whole, and one that is wholly below it is hidden.
        vec4 front = projection * vec4(position + LIFT * size * p.w * to_eye, 1.0);
        p.z = front.w > 0.0 ? max(front.z / front.w, -1.0) * p.w : p.z;
        p.xy += corner * reach * pixel * p.w;
        local = vec2(corner.x, -corner.y) * reach;  // rows run downwards: turn y up again
    }
    gl_Position = p;
}
