"use strict";
// Plays a recording: what lives in space is drawn by the painter's shaders, what is flat by the browser's own 2-D canvas.
// They are the film's own: y runs downwards, and the style of the page turns the canvas over. The recording stands in
// the page as `FILM` (JSON) and `NUMBERS`, both deflated and in base64, and the shaders as `SHADERS`.

const OPAQUE = 0.995, CASING = 0.12, REACH = 1.3, FOCAL = 20, PADDING = 8, STRIDE = 14;
const FACE = 0, LINE = 1, POINT = 2, PICTURE = 7, PICTURED = -1;
const RETURN = 1200; // milliseconds in which a turned view goes back to the film's

// Numbers

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

class Pool {
  constructor(entries, bytes) {
    this.entries = entries;
    this.bytes = bytes;
    this.decoded = new Map();
  }

  // An array (k, n, c) as k arrays of n rows.
  series(number) {
    let found = this.decoded.get(number);
    if (found) return found;
    const { s: [k, n, c], p: planes, o, l, d } = this.entries[number];
    const all = k * n * c, whole = new Int32Array(k * n);
    found = Array.from({ length: k }, () => new Float32Array(n * c));
    for (let column = 0; column < c; column++) {
      const low = l ? l[column] : 0, step = d ? d[column] : 1;
      for (let moment = 0; moment < k; moment++) {
        for (let row = 0; row < n; row++) {
          const at = (column * k + moment) * n + row;
          let unsigned = 0;
          for (let p = planes - 1; p >= 0; p--) unsigned = unsigned * 256 + this.bytes[o + p * all + at];
          const less = unsigned % 2 ? -(unsigned + 1) / 2 : unsigned / 2;
          const before = moment ? whole[(moment - 1) * n + row] : row ? whole[row - 1] : 0;
          const value = before + less;
          whole[moment * n + row] = value;
          found[moment][row * c + column] = low + step * value;
        }
      }
    }
    found.columns = c;
    this.decoded.set(number, found);
    return found;
  }

  array(number) {
    return this.series(number)[0];
  }
}

// The film as it is at a moment

class Film {
  constructor(description, pool) {
    Object.assign(this, description);
    this.pool = pool;
  }

  // The last moment at or before a time.
  momentAt(time) {
    let low = 0, high = this.times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.times[middle] <= time + 1e-6) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  spanOf(number, moment) {
    const spans = this.tracks[number].s;
    let low = 0, high = spans.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (spans[middle].f <= moment) low = middle;
      else high = middle - 1;
    }
    return spans[low];
  }

  // The values of a channel of a span at a time: straight lines between the moments that are kept.
  value(span, name, time) {
    const channel = span.c[name];
    if (channel.of) {
      const owner = this.tracks[channel.of[0]].s[channel.of[1]];
      const rows = this.pool.array(channel.a), theirs = this.value(owner, name, time);
      const ours = (channel.scratch ??= new Float32Array(3 * rows.length));
      for (let i = 0; i < rows.length; i++) {
        const at = 3 * rows[i];
        ours[3 * i] = theirs[at];
        ours[3 * i + 1] = theirs[at + 1];
        ours[3 * i + 2] = theirs[at + 2];
      }
      return ours;
    }
    const series = this.pool.series(channel.a), keys = channel.k;
    if (keys.length === 1) return series[0];
    let at = 0;
    while (at < keys.length - 2 && this.times[span.f + keys[at + 1]] <= time) at++;
    const start = this.times[span.f + keys[at]], end = this.times[span.f + keys[at + 1]];
    const share = Math.min(1, Math.max(0, (time - start) / (end - start)));
    if (share === 0) return series[at];
    if (share === 1) return series[at + 1];
    const one = series[at], other = series[at + 1], mixed = (channel.scratch ??= new Float32Array(one.length));
    for (let i = 0; i < one.length; i++) mixed[i] = one[i] + share * (other[i] - one[i]);
    return mixed;
  }

  // All that is shown at a time, in the order in which it is drawn.
  shownAt(time) {
    const moment = this.momentAt(time);
    return this.orders[this.shown[moment]].map((number) => ({ number, span: this.spanOf(number, moment) }));
  }
}

// Views

function rotation(phi, theta, gamma) {
  const a = -theta - Math.PI / 2, b = -phi, g = gamma;
  const ca = Math.cos(a), sa = Math.sin(a), cb = Math.cos(b), sb = Math.sin(b), cg = Math.cos(g), sg = Math.sin(g);
  const z = [ca, -sa, 0, sa, ca, 0, 0, 0, 1], x = [1, 0, 0, 0, cb, -sb, 0, sb, cb], t = [cg, -sg, 0, sg, cg, 0, 0, 0, 1];
  return times3(t, times3(x, z));
}

function times3(a, b) {
  const product = new Array(9);
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) product[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
  return product;
}

// The matrix (row by row) from scene units to clip space, y down, as `Perspective.projection`.
function projection(view, frame) {
  const [phi, theta, gamma, zoom, cx, cy, cz, mx, my] = view;
  const focal = FOCAL / zoom, near = 0.05 * focal, far = 4 * focal;
  const r = rotation(phi, theta, gamma);
  const shift = [0, 1, 2].map((i) => -(r[3 * i] * cx + r[3 * i + 1] * cy + r[3 * i + 2] * cz));
  const depth = (far + near) / (far - near);
  const rows = [r.slice(0, 3).concat(shift[0]), r.slice(3, 6).concat(shift[1]), r.slice(6, 9).concat(shift[2])];
  const w = rows[2].map((x, i) => (i === 3 ? focal - x : -x));
  const line = (row, scale, move) => row.map((x, i) => (2 * FOCAL * x) / scale + move * w[i]);
  const across = line(rows[0], frame[0], (2 * mx) / frame[0]), down = line(rows[1], -frame[1], (-2 * my) / frame[1]);
  const inward = rows[2].map((x, i) => -depth * x + (i === 3 ? depth * focal - (2 * far * near) / (far - near) : 0));
  return [...across, ...down, ...inward, ...w];
}

// Space

class Painter {
  constructor(canvas, shaders, look) {
    const options = { antialias: true, alpha: true, premultipliedAlpha: true, preserveDrawingBuffer: true };
    this.gl = canvas.getContext("webgl2", options);
    if (!this.gl) throw new Error("This browser can't draw with WebGL 2, which the film needs.");
    this.shaders = shaders;
    this.look = look;
    this.programs = new Map();
    this.vertices = new Float32Array(STRIDE * 4096);
    const gl = this.gl;
    this.vertexBuffer = gl.createBuffer();
    this.indexBuffer = gl.createBuffer();
    this.texture = gl.createTexture();
    this.atlasKey = null;
  }

  clear() {
    const gl = this.gl;
    gl.disable(gl.SCISSOR_TEST);
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  program(flags) {
    const key = JSON.stringify(flags);
    if (this.programs.has(key)) return this.programs.get(key);
    const gl = this.gl;
    const source = (text) => {
      let filled = text.replace("#version 330", "#version 300 es\nprecision highp float;\nprecision highp int;");
      for (const [name, value] of Object.entries(flags)) filled = filled.replaceAll("$" + name, String(value));
      return filled;
    };
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, this.shaders.vertex], [gl.FRAGMENT_SHADER, this.shaders.fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source(text));
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
    this.programs.set(key, program);
    return program;
  }

  // The pictures of some batches below each other in one texture, as the film's own painter lays them.
  atlas(batches) {
    const pictures = [...new Set(batches.filter((b) => b.picture).map((b) => b.picture))];
    if (!pictures.length) return null;
    const key = pictures.map((p) => p.key).join();
    const width = Math.max(...pictures.map((p) => p.columns)) + 2 * PADDING;
    const height = pictures.reduce((sum, p) => sum + p.rows + 2 * PADDING, 0);
    const places = new Map();
    let top = 0;
    for (const p of pictures) {
      places.set(p, [PADDING, top + PADDING, p.columns, p.rows]);
      top += p.rows + 2 * PADDING;
    }
    if (key !== this.atlasKey) {
      const pixels = new Uint8Array(4 * width * height);
      for (const p of pictures) {
        const [left, above] = places.get(p);
        for (let y = -PADDING; y < p.rows + PADDING; y++)
          for (let x = -PADDING; x < p.columns + PADDING; x++) {
            const from = Math.min(p.rows - 1, Math.max(0, y)) * p.columns + Math.min(p.columns - 1, Math.max(0, x));
            const to = 4 * ((above + y) * width + left + x), alpha = p.channels === 4 ? p.values[4 * from + 3] : 255;
            for (let i = 0; i < 3; i++) pixels[to + i] = p.values[p.channels * from + i] * (alpha / 255) + 0.5;
            pixels[to + 3] = alpha;
          }
      }
      const gl = this.gl;
      gl.bindTexture(gl.TEXTURE_2D, this.texture);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAX_LEVEL, 3);
      gl.generateMipmap(gl.TEXTURE_2D);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
      this.atlasKey = key;
    }
    return (picture, u, v) => {
      const [left, above, columns, rows] = places.get(picture);
      return [(left + 0.5 + u * (columns - 1)) / width, (above + 0.5 + (1 - v) * (rows - 1)) / height];
    };
  }

  // Draw batches as a view shows them; `area` in pixels (left, bottom, width, height) is where they may be seen.
  paint(batches, matrix, area) {
    batches = batches.filter((b) => b.triangles || b.segments || b.dots);
    if (!batches.length) return;
    const gl = this.gl, height = gl.drawingBufferHeight, scale = (height * this.look.scale) / 1080;
    const locate = this.atlas(batches);
    const { triangles, counts, kinds } = this.assemble(batches, matrix, scale, locate);
    const total = counts.reduce((a, b) => a + b, 0);
    if (area) {
      gl.enable(gl.SCISSOR_TEST);
      gl.scissor(...area);
    } else gl.disable(gl.SCISSOR_TEST);
    gl.depthMask(true);
    gl.clearDepth(1);
    gl.clear(gl.DEPTH_BUFFER_BIT);
    if (!total) return;
    const program = this.program({
      FACES: kinds.face, LINES: kinds.line, POINTS: kinds.point, PICTURES: Boolean(locate),
      GRIDS: batches.some((b) => b.grid), RIMS: batches.some((b) => b.rim), TILTED: true,
    });
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.vertexBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.vertices.subarray(0, this.used * STRIDE), gl.DYNAMIC_DRAW);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.indexBuffer);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, triangles, gl.DYNAMIC_DRAW);
    let offset = 0;
    for (const [name, size] of [["position", 3], ["other", 3], ["corner", 2], ["rgba", 4], ["size", 1], ["kind", 1]]) {
      const place = gl.getAttribLocation(program, name);
      if (place >= 0) {
        gl.enableVertexAttribArray(place);
        gl.vertexAttribPointer(place, size, gl.FLOAT, false, 4 * STRIDE, 4 * offset);
      }
      offset += size;
    }
    const uniform = (name) => gl.getUniformLocation(program, name), look = this.look;
    gl.uniformMatrix4fv(uniform("projection"), true, matrix);
    gl.uniform2f(uniform("pixel"), 2 / gl.drawingBufferWidth, 2 / height);
    gl.uniform3fv(uniform("to_eye"), towardsEye(matrix, height));
    gl.uniform3fv(uniform("light"), look.light);
    gl.uniform1f(uniform("shading"), look.shading);
    gl.uniform4f(uniform("grid"), ...rgb(look.grid), look.gridOpacity);
    gl.uniform1f(uniform("grid_width"), look.gridWidth * scale);
    gl.uniform1i(uniform("pictures"), 0);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LESS);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const draw = (first, count, depth, stepBack, faintest = 0.004) => {
      if (!count) return;
      gl.uniform1f(uniform("faintest"), faintest);
      gl.depthMask(depth);
      if (stepBack) {
        gl.enable(gl.POLYGON_OFFSET_FILL);
        gl.polygonOffset(2.5, 2);
      } else gl.disable(gl.POLYGON_OFFSET_FILL);
      gl.drawElements(gl.TRIANGLES, 3 * count, gl.UNSIGNED_INT, 12 * first);
    };
    const [faces, lines, points, loose] = counts;
    if (locate) gl.enable(gl.BLEND);
    else gl.disable(gl.BLEND);
    draw(0, faces, true, true);
    gl.enable(gl.BLEND);
    draw(faces, lines, false, false);
    draw(faces + lines, points, true, false);
    if (lines && loose && kinds.looseFace) {
      // A translucent face must not veil a line that lies on it: the line's core fills the depth buffer.
      gl.blendFunc(gl.ZERO, gl.ONE);
      draw(faces, lines, true, false, 0.5);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    }
    draw(faces + lines + points, loose, false, true);
    gl.disable(gl.SCISSOR_TEST);
  }

  room(count) {
    const needed = (this.used + count) * STRIDE;
    if (needed > this.vertices.length) {
      const larger = new Float32Array(Math.max(needed, 2 * this.vertices.length));
      larger.set(this.vertices);
      this.vertices = larger;
    }
    return this.used * STRIDE;
  }

  // All primitives as triangles over one array of vertices, translucent ones from far to near: as `primitives.assemble`.
  assemble(batches, matrix, scale, locate) {
    this.used = 0;
    const groups = [[], [], [], []]; // faces, lines, cased lines, points
    const kinds = { face: false, line: false, point: false, looseFace: false };
    const parts = [];
    for (const batch of batches) {
      if (batch.triangles) parts.push([0, this.faces(batch, locate), batch]);
      if (batch.segments) {
        const width = (i) => (batch.size.length > 1 ? batch.size[i] : batch.size[0]) * scale;
        if (batch.cased) {
          const rim = rgb(this.look.casing).map((x) => (1 - CASING) * x);
          parts.push([2, this.lines(batch, width, CASING, rim)]);
          parts.push([2, this.lines(batch, (i) => (width(i) * 2) / 3)]);
        } else parts.push([1, this.lines(batch, width)]);
      }
      if (batch.dots) parts.push([3, this.points(batch, scale, locate)]);
    }
    const V = this.vertices, alpha = (i) => V[STRIDE * i + 11];
    const veiled = parts.some(([group, t]) => group === 0 && someFaint(t, alpha));
    const depths = this.stacks(parts, matrix);
    const loose = [], known = [];
    for (const [group, triangles] of parts) {
      const depth = depths.get(triangles);
      if (group === 0) kinds.face ||= triangles.length > 0;
      else if (group === 3) kinds.point ||= triangles.length > 0;
      else kinds.line ||= triangles.length > 0;
      for (let i = 0; i < triangles.length; i += 3) {
        const a = triangles[i], b = triangles[i + 1], c = triangles[i + 2];
        const high = Math.max(alpha(a), alpha(b), alpha(c));
        if (high <= 0) continue;
        if (veiled && Math.min(alpha(a), alpha(b), alpha(c)) < OPAQUE) {
          loose.push(group, a, b, c);
          known.push(depth ? depth[i / 3] : NaN);
        } else groups[group].push(a, b, c);
      }
    }
    const m = matrix, distance = (i) => {
      const at = STRIDE * i;
      return m[12] * V[at] + m[13] * V[at + 1] + m[14] * V[at + 2] + m[15];
    };
    const sorted = this.fromFarToNear(loose, distance, -1, known);
    kinds.looseFace = loose.some((group, i) => i % 4 === 0 && group === 0);
    const opaque = [];
    for (let i = 0; i < groups[3].length; i += 3) opaque.push(3, groups[3][i], groups[3][i + 1], groups[3][i + 2]);
    const points = this.fromFarToNear(opaque, distance, 1);
    const counts = [groups[0].length / 3, (groups[1].length + groups[2].length) / 3, points.length / 3, sorted.length / 3];
    const triangles = new Uint32Array(groups[0].length + groups[1].length + groups[2].length + points.length + sorted.length);
    let start = 0;
    for (const part of [groups[0], groups[1], groups[2], points, sorted]) {
      triangles.set(part, start);
      start += part.length;
    }
    return { triangles, counts, kinds };
  }

  // Surfaces over one mesh of the plane, such as those of a softmax, cross each other: no distance of their triangles
  // orders them. A line of sight passes over one cell of the mesh after another, towards the foot of the eye, and over
  // each cell the surfaces lie above each other. This gives the order of the film's own painter (`order.py`).
  stacks(parts, m) {
    const V = this.vertices, together = new Map(), depths = new Map();
    for (const [group, triangles, batch] of parts)
      if (group === 0 && batch.mesh !== undefined) {
        if (!together.has(batch.mesh)) together.set(batch.mesh, []);
        together.get(batch.mesh).push([triangles, batch]);
      }
    for (const members of together.values()) {
      if (members.length < 2) continue;
      const [first, batch] = members[0], cells = first.length / 3, eye = solve3(m);
      const at = (t, i, j, axis) => V[STRIDE * t[3 * i + j] + axis];
      const middle = (t, i, axis) => (at(t, i, 0, axis) + at(t, i, 1, axis) + at(t, i, 2, axis)) / 3;
      const step = cellsTowards(batch, first, eye, (i, j, axis) => at(first, i, j, axis), (i, axis) => middle(first, i, axis));
      const kept = members.every(([, b]) => b.rank) ? members.map(([, b]) => b.rank) : null;
      const order = members.map((_, k) => k), walk = [];
      for (const i of step) {
        const height = members.map(([t]) => middle(t, i, 2));
        order.sort((a, b) => (kept ? kept[a][i] - kept[b][i] : height[a] - height[b]) || a - b);
        const x = middle(first, i, 0), y = middle(first, i, 1);
        // Those that are seen from above come first, from low to high; then the others, from high to low.
        const fromAbove = order.filter((k) => height[k] < eye[2]), fromBelow = order.filter((k) => height[k] >= eye[2]);
        for (const k of [...fromAbove, ...fromBelow.reverse()])
          walk.push([k, i, m[12] * x + m[13] * y + m[14] * height[k] + m[15]]);
      }
      // The distances along the view axis, made to fall from each to the next.
      const n = walk.length, low = new Float64Array(n), high = new Float64Array(n);
      for (let i = 0; i < n; i++) low[i] = Math.min(walk[i][2], i ? low[i - 1] : Infinity);
      for (let i = n - 1; i >= 0; i--) high[i] = Math.max(walk[i][2], i < n - 1 ? high[i + 1] : -Infinity);
      for (const [t] of members) depths.set(t, new Float64Array(cells));
      walk.forEach(([k, i], place) => {
        depths.get(members[k][0])[i] = (low[place] + high[place]) / 2 - place * 1e-9 * Math.abs(low[0]);
      });
    }
    return depths;
  }

  fromFarToNear(loose, distance, turn, known = []) {
    const n = loose.length / 4, key = new Float64Array(n), order = new Uint32Array(n);
    let low = Infinity, high = -Infinity;
    for (let i = 0; i < n; i++) {
      const middle = (distance(loose[4 * i + 1]) + distance(loose[4 * i + 2]) + distance(loose[4 * i + 3])) / 3;
      key[i] = known[i] >= 0 ? known[i] : middle;
      low = Math.min(low, key[i]);
      high = Math.max(high, key[i]);
      order[i] = i;
    }
    // Lines and points lie on faces: among translucent things of one place they come last.
    for (let i = 0; i < n; i++) key[i] -= (loose[4 * i] ? loose[4 * i] + 1 : 0) * 1e-3 * (high - low);
    const sign = (i) => (loose[4 * i] === 3 ? turn : 1);
    order.sort((i, j) => key[j] - key[i] || loose[4 * i] - loose[4 * j] || i * sign(i) - j * sign(j));
    const sorted = new Uint32Array(3 * n);
    for (let i = 0; i < n; i++) sorted.set([loose[4 * order[i] + 1], loose[4 * order[i] + 2], loose[4 * order[i] + 3]], 3 * i);
    return sorted;
  }

  put(at, x, y, z, ox, oy, oz, cx, cy, r, g, b, a, size, kind) {
    const V = this.vertices;
    V[at] = x; V[at + 1] = y; V[at + 2] = z; V[at + 3] = ox; V[at + 4] = oy; V[at + 5] = oz; V[at + 6] = cx; V[at + 7] = cy;
    V[at + 8] = r; V[at + 9] = g; V[at + 10] = b; V[at + 11] = a; V[at + 12] = size; V[at + 13] = kind;
  }

  faces(batch, locate) {
    const { points: P, rgba: C, triangles } = batch, n = P.length / 3, one = C.length === 4, first = this.used;
    let at = this.room(n);
    for (let i = 0; i < n; i++, at += STRIDE) {
      let u = 0, v = 0, cell = 0;
      if (batch.uv) [u, v] = batch.uv(i);
      if (batch.picture) {
        [u, v] = locate(batch.picture, u, v);
        cell = PICTURED;
      } else if (batch.uv) cell = batch.grid;
      const c = one ? 0 : 4 * i, rim = batch.rim;
      this.put(at, P[3 * i], P[3 * i + 1], P[3 * i + 2], u, v, cell, rim ? rim[2 * i] : 0.5, rim ? rim[2 * i + 1] : 0.5,
        C[c], C[c + 1], C[c + 2], C[c + 3], batch.size.length > 1 ? batch.size[i] : batch.size[0], FACE);
    }
    this.used += n;
    return triangles.map((i) => i + first);
  }

  lines(batch, width, own = 1, [red, green, blue] = [0, 0, 0]) {
    const { points: P, rgba: C, segments: S } = batch, n = S.length / 2, one = C.length === 4, first = this.used;
    let at = this.room(4 * n);
    const corners = [1, -1, 1, 1, -1, -1, -1, 1];
    for (let i = 0; i < n; i++)
      for (let j = 0; j < 4; j++, at += STRIDE) {
        const here = S[2 * i + (j > 1 ? 1 : 0)], there = S[2 * i + (j > 1 ? 0 : 1)], c = one ? 0 : 4 * here;
        this.put(at, P[3 * here], P[3 * here + 1], P[3 * here + 2], P[3 * there], P[3 * there + 1], P[3 * there + 2],
          corners[2 * j], corners[2 * j + 1], C[c] * own + red, C[c + 1] * own + green, C[c + 2] * own + blue, C[c + 3],
          width(i), LINE);
      }
    this.used += 4 * n;
    return quads(n, first);
  }

  points(batch, scale, locate) {
    const { points: P, rgba: C, dots } = batch, n = dots.length, one = C.length === 4, first = this.used;
    let at = this.room(4 * n);
    const corners = [-1, -1, -1, 1, 1, -1, 1, 1];
    for (let i = 0; i < n; i++) {
      const dot = dots[i], c = one ? 0 : 4 * dot, size = (batch.size.length > 1 ? batch.size[i] : batch.size[0]) * scale;
      const marker = batch.marker.length > 1 ? batch.marker[i] : batch.marker[0];
      const kind = POINT + (batch.picture ? PICTURE : marker);
      for (let j = 0; j < 4; j++, at += STRIDE) {
        const cx = corners[2 * j], cy = corners[2 * j + 1];
        let u = 0, v = 0;
        if (batch.picture) {
          const beyond = (REACH * size + 1) / size, [left, right, bottom, top] = batch.part(i);
          const mx = (left + right) / 2, my = (bottom + top) / 2;
          [u, v] = locate(batch.picture, mx + (cx * beyond * (right - left)) / 2, my - (cy * beyond * (top - bottom)) / 2);
        }
        this.put(at, P[3 * dot], P[3 * dot + 1], P[3 * dot + 2], u, v, 0, cx, cy, C[c], C[c + 1], C[c + 2], C[c + 3], size, kind);
      }
    }
    this.used += 4 * n;
    return quads(n, first);
  }
}

// A pixel as scene units along the view axis, towards the eye, where w = 1.
function towardsEye(m, height) {
  const axis = [m[12], m[13], m[14]], down = [m[4], m[5], m[6]], length = Math.hypot(...axis);
  // Without what the shift of a panel adds, the second row is as long as a frame unit is in half heights.
  const along = (down[0] * axis[0] + down[1] * axis[1] + down[2] * axis[2]) / length ** 2;
  const scale = Math.hypot(...down.map((x, i) => x - along * axis[i]));
  return axis.map((x) => (-x / length) * (2 / height / scale));
}

// The eye (3,): the place that a projection sends to no place on the screen.
function solve3(m) {
  const rows = [0, 4, 12].map((i) => [m[i], m[i + 1], m[i + 2], -m[i + 3]]);
  for (let i = 0; i < 3; i++) {
    let best = i;
    for (let j = i + 1; j < 3; j++) if (Math.abs(rows[j][i]) > Math.abs(rows[best][i])) best = j;
    [rows[i], rows[best]] = [rows[best], rows[i]];
    for (let j = 0; j < 3; j++)
      if (j !== i) {
        const share = rows[j][i] / rows[i][i];
        for (let k = i; k < 4; k++) rows[j][k] -= share * rows[i][k];
      }
  }
  return rows.map((row, i) => row[3] / row[i]);
}

// The numbers of the cells of a mesh so that each comes after all that lie behind it, seen from the foot of the eye.
function cellsTowards(batch, triangles, eye, corner, middle) {
  const cells = triangles.length / 3;
  if (!batch.edges) {
    const waiting = new Map();
    batch.edges = []; // cell, its corner where the edge begins, and the cell on the other side
    for (let i = 0; i < cells; i++)
      for (let j = 0; j < 3; j++) {
        const a = triangles[3 * i + j], b = triangles[3 * i + ((j + 1) % 3)], other = waiting.get(`${b} ${a}`);
        if (other === undefined) waiting.set(`${a} ${b}`, i);
        else batch.edges.push([i, j, other]);
      }
  }
  const before = new Int32Array(cells), ahead = Array.from({ length: cells }, () => []);
  for (const [i, j, other] of batch.edges) {
    const k = (j + 1) % 3, ax = corner(i, j, 0), ay = corner(i, j, 1);
    // Counter-clockwise: the cell lies to the left of its edge.
    const side = (corner(i, k, 0) - ax) * (eye[1] - ay) - (corner(i, k, 1) - ay) * (eye[0] - ax);
    if (side === 0) continue;
    const [near, far] = side > 0 ? [i, other] : [other, i];
    ahead[far].push(near);
    before[near]++;
  }
  const distance = Float64Array.from({ length: cells }, (_, i) => Math.hypot(middle(i, 0) - eye[0], middle(i, 1) - eye[1]));
  const byDistance = [...distance.keys()].sort((a, b) => distance[b] - distance[a]), order = [], done = new Uint8Array(cells);
  const take = (i) => {
    const ready = [i];
    while (ready.length) {
      const cell = ready.pop();
      if (done[cell]) continue;
      done[cell] = 1;
      order.push(cell);
      for (const near of ahead[cell]) if (--before[near] === 0) ready.push(near);
    }
  };
  for (const i of byDistance) if (!done[i] && before[i] === 0) take(i);
  for (const i of byDistance) if (!done[i]) take(i); // cells that hide each other in a circle
  return order;
}

function someFaint(triangles, alpha) {
  for (const i of triangles) if (alpha(i) < OPAQUE && alpha(i) > 0) return true;
  return false;
}

function quads(n, first) {
  const found = new Uint32Array(6 * n);
  for (let i = 0; i < n; i++) {
    const a = first + 4 * i;
    found.set([a, a + 1, a + 2, a + 2, a + 1, a + 3], 6 * i);
  }
  return found;
}

function rgb(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);
}

// The screen

class Overlay {
  constructor(canvas, pool, frame) {
    this.context = canvas.getContext("2d");
    this.canvas = canvas;
    this.pool = pool;
    this.frame = frame;
    this.paths = new Map();
    this.pictures = new Map();
  }

  clear() {
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  path(number) {
    let path = this.paths.get(number);
    if (path) return path;
    path = new Path2D();
    const P = this.pool.array(number), unit = 4096;
    let x = NaN, y = NaN, startX = 0, startY = 0;
    for (let i = 0; i + 7 < P.length; i += 8) {
      if (Math.abs(P[i] - x) > 1.5 || Math.abs(P[i + 1] - y) > 1.5 || Number.isNaN(x)) {
        if (Math.abs(x - startX) <= 1.5 && Math.abs(y - startY) <= 1.5) path.closePath();
        path.moveTo(P[i] / unit, P[i + 1] / unit);
        [startX, startY] = [P[i], P[i + 1]];
      }
      path.bezierCurveTo(P[i + 2] / unit, P[i + 3] / unit, P[i + 4] / unit, P[i + 5] / unit, P[i + 6] / unit, P[i + 7] / unit);
      [x, y] = [P[i + 6], P[i + 7]];
    }
    if (Math.abs(x - startX) <= 1.5 && Math.abs(y - startY) <= 1.5) path.closePath();
    let left = Infinity, right = -Infinity, bottom = Infinity, top = -Infinity;
    for (let i = 0; i < P.length; i += 2) {
      left = Math.min(left, P[i]); right = Math.max(right, P[i]);
      bottom = Math.min(bottom, P[i + 1]); top = Math.max(top, P[i + 1]);
    }
    path.box = [left / unit, bottom / unit, (right - left) / unit, (top - bottom) / unit];
    this.paths.set(number, path);
    return path;
  }

  draw(span, place, style, anchorAt) {
    let [x, y] = place;
    if (place.length > 2) {
      const at = anchorAt(span.lens, place[2], place[3], place[4]);
      if (!at) return;
      x += at[0];
      y += at[1];
    }
    const c = this.context, unit = this.canvas.height / this.frame[1], path = this.path(span.outline);
    c.setTransform(unit, 0, 0, -unit, this.canvas.width / 2 + unit * x, this.canvas.height / 2 - unit * y);
    const colour = (i) => `rgba(${style[i] * 255},${style[i + 1] * 255},${style[i + 2] * 255},${style[i + 3]})`;
    const stroke = (width, i) => {
      if (width <= 0 || style[i + 3] <= 0) return;
      c.lineWidth = width * 0.01;
      c.strokeStyle = colour(i);
      c.stroke(path);
    };
    stroke(style[13], 9);
    if (span.picture !== undefined) {
      c.save();
      c.clip(path);
      c.translate(path.box[0], path.box[1] + path.box[3]);
      c.scale(1, -1);
      c.drawImage(this.picture(...span.picture), 0, 0, path.box[2], path.box[3]);
      c.restore();
    } else if (style[3] > 0) {
      c.fillStyle = colour(0);
      c.fill(path);
    }
    stroke(style[8], 4);
  }

  // Premultiplied pixels, which know their opacity, as something that can be drawn.
  picture(number, rows, columns) {
    let found = this.pictures.get(number);
    if (found) return found;
    const values = this.pool.array(number);
    found = document.createElement("canvas");
    found.width = columns;
    found.height = rows;
    const data = new ImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) {
      const alpha = values[4 * i + 3], share = alpha ? 255 / alpha : 0;
      data.data.set([values[4 * i] * share, values[4 * i + 1] * share, values[4 * i + 2] * share, alpha], 4 * i);
    }
    found.getContext("2d").putImageData(data, 0, 0);
    this.pictures.set(number, found);
    return found;
  }
}

// The player

class Player {
  constructor(film, shaders) {
    this.film = film;
    this.space = document.getElementById("space");
    this.painter = new Painter(this.space, shaders, film.look);
    this.screen = document.getElementById("screen");
    this.overlay = new Overlay(this.screen, film.pool, film.frame);
    this.time = 0;
    this.playing = false;
    this.stop = null; // where playing ends by itself
    this.turned = { phi: 0, theta: 0, zoom: 1, lens: null };
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.prepared = new Map();
    this.pictures = new Map();
  }

  resize() {
    const box = document.getElementById("frame").getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.space, this.screen]) {
      canvas.width = Math.round(box.width * ratio);
      canvas.height = Math.round(box.height * ratio);
    }
    this.draw();
  }

  // What the painter needs of a batch, with what stays made ready once.
  batch(span, time) {
    let made = this.prepared.get(span);
    const pool = this.film.pool;
    if (!made) {
      made = { cased: span.cased, grid: span.grid, mesh: span.triangles };
      for (const name of ["triangles", "segments", "dots"]) if (span[name] !== undefined) made[name] = Uint32Array.from(pool.array(span[name]));
      for (const name of ["size", "marker", "rim", "rank"]) if (span[name] !== undefined) made[name] = pool.array(span[name]);
      if (span.picture !== undefined) {
        const [key, rows, columns] = span.picture;
        if (!this.pictures.has(key)) {
          this.pictures.set(key, { key, rows, columns, channels: pool.entries[key].s[2], values: pool.array(key) });
        }
        made.picture = this.pictures.get(key);
      }
      if (span.uv !== undefined && made.dots) {
        const uv = pool.array(span.uv);
        made.part = (i) => uv.subarray(4 * i, 4 * i + 4);
      } else if (Array.isArray(span.uv)) {
        // An affine map from where the points are at first.
        const start = this.film.value(span, "points", this.film.times[span.f]).slice(), [a, b, c, d, e, f] = span.uv;
        made.uv = (i) => [a * start[3 * i] + b * start[3 * i + 1] + c, d * start[3 * i] + e * start[3 * i + 1] + f];
      } else if (span.uv !== undefined) {
        const uv = pool.array(span.uv);
        made.uv = (i) => [uv[2 * i], uv[2 * i + 1]];
      }
      this.prepared.set(span, made);
    }
    made.points = this.film.value(span, "points", time);
    made.rgba = this.film.value(span, "rgba", time);
    return made;
  }

  view(lens, moment, time) {
    const span = this.film.spanOf(lens, moment), view = Array.from(this.film.value(span, "view", time));
    if (this.turned.lens === null || this.turned.lens === lens) {
      view[0] = Math.min(Math.PI, Math.max(0, view[0] + this.turned.phi));
      view[1] += this.turned.theta;
      view[3] *= this.turned.zoom;
    }
    return { matrix: projection(view, this.film.frame), area: span.area };
  }

  draw() {
    const film = this.film, time = Math.min(this.time, film.length), moment = film.momentAt(time);
    const shown = film.shownAt(time), views = new Map(), frame = film.frame;
    const viewOf = (lens) => {
      if (!views.has(lens)) views.set(lens, this.view(lens, moment, time));
      return views.get(lens);
    };
    this.painter.clear();
    this.overlay.clear();
    const spatial = new Map();
    for (const { number, span } of shown)
      if (film.tracks[number].k === "batch") {
        if (!spatial.has(span.lens)) spatial.set(span.lens, []);
        spatial.get(span.lens).push(this.batch(span, time));
      }
    for (const [lens, batches] of spatial) {
      const { matrix, area } = viewOf(lens);
      let pixels = null;
      if (area) {
        const unit = this.space.height / frame[1], [left, right, bottom, top] = area;
        pixels = [Math.floor(this.space.width / 2 + unit * left), Math.floor(this.space.height / 2 - unit * top),
          Math.ceil(unit * (right - left)), Math.ceil(unit * (top - bottom))];
      }
      this.painter.paint(batches, matrix, pixels);
    }
    this.lenses = [...spatial.keys()].map((lens) => [lens, viewOf(lens).area]);
    const anchorAt = (lens, x, y, z) => {
      const m = viewOf(lens).matrix, row = (i) => m[4 * i] * x + m[4 * i + 1] * y + m[4 * i + 2] * z + m[4 * i + 3], w = row(3);
      return w > 0 ? [((row(0) / w) * frame[0]) / 2, ((-row(1) / w) * frame[1]) / 2] : null;
    };
    const outlines = shown.filter(({ number }) => film.tracks[number].k === "outline");
    for (const anchored of [true, false])
      for (const { span } of outlines)
        if ((span.lens !== undefined) === anchored)
          this.overlay.draw(span, film.value(span, "place", time), film.value(span, "style", time), anchorAt);
    this.tell();
  }

  // Words

  beatAt(time) {
    const beats = this.film.beats;
    let found = 0;
    for (let i = 0; i < beats.length; i++) if (beats[i][1] <= time + 1e-4) found = i;
    return found;
  }

  tell() {
    const number = this.beatAt(this.time);
    if (number !== this.told) {
      this.told = number;
      document.getElementById("caption").textContent = this.film.beats[number]?.[0] ?? "";
      document.querySelectorAll("#chapters button").forEach((button, i) => button.setAttribute("aria-current", i === number ? "step" : "false"));
    }
    const slider = document.getElementById("time");
    slider.value = this.time;
    slider.setAttribute("aria-valuetext", `${clock(this.time)} of ${clock(this.film.length)}`);
    document.getElementById("clock").textContent = `${clock(this.time)} / ${clock(this.film.length)}`;
  }

  // Motion

  seek(time) {
    this.time = Math.min(this.film.length, Math.max(0, time));
    this.draw();
  }

  play(stop = null) {
    if (this.time >= this.film.length - 1e-3) this.time = 0;
    this.stop = stop;
    this.settle();
    this.playing = true;
    this.before = performance.now();
    this.show();
    requestAnimationFrame((now) => this.step(now));
  }

  pause() {
    this.playing = false;
    this.show();
  }

  show() {
    const button = document.getElementById("play");
    button.classList.toggle("playing", this.playing);
    button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }

  step(now) {
    if (!this.playing) return;
    this.time += Math.min(0.25, (now - this.before) / 1000);
    this.before = now;
    const end = this.stop ?? this.film.length;
    if (this.time >= end) {
      this.time = Math.max(0, end - 1e-3);
      this.pause();
    }
    this.draw();
    if (this.playing) requestAnimationFrame((next) => this.step(next));
  }

  // One beat on: it plays and stops at its end. Where motion is not wanted, its end is shown at once.
  next() {
    const beats = this.film.beats, number = this.beatAt(this.time);
    const done = this.time >= beats[number][2] - 0.05, to = Math.min(beats.length - 1, done ? number + 1 : number);
    if (this.calm) return this.seek(beats[to][2] - 1e-3);
    this.play(beats[to][2] - 1e-3);
  }

  previous() {
    const beats = this.film.beats, number = this.beatAt(this.time);
    const early = this.time - beats[number][1] < 1.5;
    this.pause();
    this.seek(beats[Math.max(0, early ? number - 1 : number)][1]);
  }

  // Turning by hand

  turn(theta, phi, lens = null) {
    this.turned.theta += theta;
    this.turned.phi += phi;
    this.turned.lens = lens;
    this.returning = null;
    if (!this.playing) this.draw();
  }

  enlarge(by, lens = null) {
    this.turned.zoom = Math.min(8, Math.max(0.3, this.turned.zoom * by));
    this.turned.lens = lens;
    this.returning = null;
    if (!this.playing) this.draw();
  }

  // Back to the film's own camera, calmly.
  settle() {
    const { phi, theta, zoom } = this.turned;
    if (!phi && !theta && zoom === 1) return;
    const whole = Math.atan2(Math.sin(theta), Math.cos(theta)), began = performance.now(), token = (this.returning = {});
    const back = (now) => {
      if (this.returning !== token) return;
      const t = this.calm ? 1 : Math.min(1, (now - began) / RETURN), left = 1 - t * t * (3 - 2 * t);
      Object.assign(this.turned, { phi: phi * left, theta: whole * left, zoom: zoom ** left });
      if (!this.playing) this.draw();
      if (t < 1) requestAnimationFrame(back);
      else Object.assign(this.turned, { phi: 0, theta: 0, zoom: 1, lens: null });
    };
    requestAnimationFrame(back);
  }

  lensAt(x, y) {
    const box = this.screen.getBoundingClientRect(), [width, height] = this.film.frame;
    const across = ((x - box.left) / box.width - 0.5) * width, up = (0.5 - (y - box.top) / box.height) * height;
    const inside = (area) => !area || (across >= area[0] && across <= area[1] && up >= area[2] && up <= area[3]);
    return (this.lenses ?? []).find(([, area]) => area && inside(area))?.[0] ?? null;
  }
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

function listen(player) {
  const by = (id) => document.getElementById(id), film = player.film;
  by("play").onclick = () => (player.playing ? player.pause() : player.play());
  by("next").onclick = () => player.next();
  by("previous").onclick = () => player.previous();
  by("home").onclick = () => player.settle();
  by("full").onclick = () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  by("time").max = film.length;
  by("time").oninput = (event) => {
    player.pause();
    player.seek(Number(event.target.value));
  };
  film.beats.forEach(([caption, start], i) => {
    const item = document.createElement("li"), button = document.createElement("button");
    button.textContent = caption;
    button.onclick = () => {
      player.pause();
      player.seek(start);
      if (!player.calm) player.play(film.beats[i][2] - 1e-3);
      else player.seek(film.beats[i][2] - 1e-3);
    };
    item.append(button);
    by("chapters").append(item);
  });
  const frame = by("frame"), held = new Map();
  let spread = 0;
  frame.onpointerdown = (event) => {
    held.set(event.pointerId, [event.clientX, event.clientY]);
    frame.setPointerCapture(event.pointerId);
  };
  frame.onpointermove = (event) => {
    const before = held.get(event.pointerId);
    if (!before) return;
    held.set(event.pointerId, [event.clientX, event.clientY]);
    const lens = player.lensAt(event.clientX, event.clientY);
    if (held.size === 1) player.turn(-(event.clientX - before[0]) * 0.008, -(event.clientY - before[1]) * 0.008, lens);
    else {
      const [one, other] = [...held.values()], now = Math.hypot(one[0] - other[0], one[1] - other[1]);
      if (spread) player.enlarge(now / spread, lens);
      spread = now;
    }
  };
  frame.onpointerup = frame.onpointercancel = (event) => {
    held.delete(event.pointerId);
    spread = 0;
  };
  frame.addEventListener("wheel", (event) => {
    event.preventDefault();
    player.enlarge(Math.exp(-event.deltaY * 0.0012), player.lensAt(event.clientX, event.clientY));
  }, { passive: false });
  frame.ondblclick = () => player.settle();
  document.onkeydown = (event) => {
    if (event.target.matches("input, button") && [" ", "Enter"].includes(event.key)) return;
    if (event.target.matches("input") && event.key.startsWith("Arrow")) return;
    const step = 0.12, keys = {
      " ": () => (player.playing ? player.pause() : player.play()),
      ArrowRight: () => (event.shiftKey ? player.turn(-step, 0) : player.next()),
      ArrowLeft: () => (event.shiftKey ? player.turn(step, 0) : player.previous()),
      ArrowUp: () => player.turn(0, event.shiftKey ? step : 0),
      ArrowDown: () => player.turn(0, event.shiftKey ? -step : 0),
      PageDown: () => player.next(),
      PageUp: () => player.previous(),
      "+": () => player.enlarge(1.15),
      "-": () => player.enlarge(1 / 1.15),
      Home: () => player.settle(),
      f: () => by("full").click(),
    };
    if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      keys[event.key]();
    }
  };
  new ResizeObserver(() => player.resize()).observe(frame);
}

async function open() {
  try {
    const [text, bytes] = await Promise.all([inflate(FILM), inflate(NUMBERS)]);
    const film = JSON.parse(new TextDecoder().decode(text));
    const player = new Player(new Film(film, new Pool(film.pool, bytes)), SHADERS);
    const asked = new URLSearchParams(location.hash.slice(1));
    if (asked.has("bare")) document.body.classList.add("bare");
    listen(player);
    player.resize();
    player.show();
    if (asked.has("turn")) player.turn(Number(asked.get("turn")), 0);
    if (asked.has("beat")) player.seek(film.beats[Number(asked.get("beat"))][2] - 1e-3);
    if (asked.has("t")) player.seek(Number(asked.get("t")));
    window.player = player;
    document.body.dataset.ready = "yes";
  } catch (error) {
    document.getElementById("caption").textContent = error.message;
    document.getElementById("caption").classList.add("told");
    throw error;
  }
}

open();
