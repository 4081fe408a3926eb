#version 330
// The mean of a pixel's samples. Only the part of the picture that holds anything is resolved.
uniform sampler2DMS samples;
uniform int count;

out vec4 pixel_colour;

void main() {
    vec4 sum = vec4(0.0);
    for (int i = 0; i < count; i++) sum += texelFetch(samples, ivec2(gl_FragCoord.xy), i);
    pixel_colour = sum / float(count);
}
