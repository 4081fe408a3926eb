#version 330
// Occlusion queries count these fragments; their colour is not used.
out vec4 pixel_colour;

void main() {
    pixel_colour = vec4(0.0);
}
