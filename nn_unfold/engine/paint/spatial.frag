#version 330
in vec4 colour;
in vec3 place;
in vec3 chart;
in vec2 local;
flat in float extent;
flat in float shape;
flat in float length_px;

uniform vec3 light;         // unit vector towards the light, scene units
uniform float shading;      // 0 flat .. 1 fully lit
uniform vec4 grid;          // straight-alpha colour of the lines on faces
uniform float grid_width;   // pixels
uniform float faintest;     // what has less alpha is left out
uniform sampler2D pictures; // premultiplied

// What a call draws is known when this is compiled: on a processor every pixel would pay for what is not there.
const bool FACES = $FACES, LINES = $LINES, POINTS = $POINTS, PICTURES = $PICTURES, GRIDS = $GRIDS, RIMS = $RIMS;
const bool TILTED = $TILTED;  // any face; what lies level needs no normal

out vec4 pixel_colour;      // premultiplied

// Signed distances in pixels (negative inside) of the marker shapes, all of about the same area.
float disc(vec2 p, float r) { return length(p) - r; }
float square(vec2 p, float r) { vec2 d = abs(p) - 0.88 * r; return length(max(d, 0.0)) + min(max(d.x, d.y), 0.0); }
float diamond(vec2 p, float r) { return (abs(p.x) + abs(p.y) - 1.25 * r) * 0.70711; }
float triangle(vec2 p, float r) {
    p.y += 0.2 * r;
    return max(abs(p.x) * 0.86603 + p.y * 0.5, -p.y) - 0.74 * r;
}
float triangle_down(vec2 p, float r) { return triangle(vec2(p.x, -p.y), r); }
float plus(vec2 p, float r) {
    p = abs(p);
    p = p.y > p.x ? p.yx : p;
    vec2 d = p - vec2(1.15, 0.48) * r;
    return length(max(d, 0.0)) + min(max(d.x, d.y), 0.0);
}
float saltire(vec2 p, float r) { return plus(vec2(p.x + p.y, p.y - p.x) * 0.70711, r); }

float marker(vec2 p, float r, float which) {
    if (which < 0.5) return disc(p, r);
    if (which < 1.5) return diamond(p, r);
    if (which < 2.5) return triangle(p, r);
    if (which < 3.5) return square(p, r);
    if (which < 4.5) return triangle_down(p, r);
    if (which < 5.5) return plus(p, r);
    return saltire(p, r);
}

// How much of this pixel of a face is covered by the lines of its plane. Far off, where they would run together, they fade.
float grid_line() {
    vec2 cell = chart.xy / chart.z;
    vec2 per_pixel = max(fwidth(cell), 1e-9);
    vec2 distance_px = abs(fract(cell + 0.5) - 0.5) / per_pixel;
    vec2 covered = clamp(0.5 * grid_width + 0.5 - distance_px, 0.0, 1.0) * clamp(0.25 / (per_pixel * grid_width), 0.0, 1.0);
    return max(covered.x, covered.y);
}

// How much of this pixel of a face is covered by the line along the sides of its square.
float rim_line() {
    vec2 distance_px = (0.5 - abs(local - 0.5)) / max(fwidth(local), 1e-9);
    return clamp(grid_width + 0.5 - min(distance_px.x, distance_px.y), 0.0, 1.0);
}

void main() {
    vec3 rgb = colour.rgb;
    float alpha = colour.a;
    vec4 texel = vec4(0.0);
    if (PICTURES) {
        texel = texture(pictures, chart.xy);
        texel.rgb /= max(texel.a, 1e-3);
    }
    if (FACES && (!(LINES || POINTS) || shape < 0.5)) {
        if (PICTURES && chart.z < -0.5) {
            rgb *= texel.rgb;
            alpha *= texel.a;
        }
        if (GRIDS && chart.z > 0.0) {
            float line = grid.a * grid_line();
            rgb = mix(rgb, grid.rgb, line);
            alpha *= 1.0 + line * (1.0 - alpha);
        }
        float towards = TILTED ? dot(normalize(cross(dFdx(place), dFdy(place))), light) : light.z;
        float rim = RIMS ? rim_line() : 0.0;
        rgb = mix(rgb * (1.0 - shading + shading * abs(towards)), rgb, rim);
        alpha = mix(alpha, min(1.0, 1.4 * alpha), rim);
    } else if (LINES && (!POINTS || shape < 1.5)) {
        float beyond = max(max(-local.x, local.x - length_px), 0.0);
        float distance_px = length(vec2(beyond, local.y));
        alpha *= clamp(0.5 * extent + 0.5 - distance_px, 0.0, 1.0);
    } else if (PICTURES && shape > 8.5) {
        // A small picture in a frame of the point's colour.
        float d = max(abs(local.x), abs(local.y)) - extent;
        float rim = max(1.0, 0.12 * extent);
        rgb = mix(texel.rgb * texel.a, rgb, clamp(d + rim + 0.5, 0.0, 1.0));
        alpha *= clamp(0.5 - d, 0.0, 1.0);
    } else {
        // A lit ball with a rim in the opposite brightness: it stands out from any sheet below it.
        float rim = max(1.0, 0.17 * extent);
        float d = marker(local, extent, shape - 2.0);
        alpha *= clamp(0.5 - d, 0.0, 1.0);
        vec2 t = local / (1.3 * extent);
        vec3 normal = vec3(t, sqrt(max(0.0, 1.0 - dot(t, t))));
        float lit = 0.62 + 0.38 * max(0.0, dot(normal, normalize(vec3(-0.4, 0.6, 0.7))));
        float luminance = dot(rgb, vec3(0.2126, 0.7152, 0.0722));
        vec3 rim_colour = luminance > 0.35 ? rgb * 0.22 : mix(rgb, vec3(1.0), 0.78);
        rgb = mix(rgb * lit, rim_colour, clamp(d + rim + 0.5, 0.0, 1.0));
    }
    // Without a discard, what is hidden needs no colour.
    if ((LINES || POINTS || PICTURES) && alpha < faintest) discard;
    pixel_colour = vec4(rgb * alpha, alpha);
}
