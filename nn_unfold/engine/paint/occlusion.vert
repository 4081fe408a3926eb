#version 330
// A place in normalised device coordinates, as a point of one pixel.
in vec3 place;

void main() {
    gl_Position = vec4(place, 1.0);
}
