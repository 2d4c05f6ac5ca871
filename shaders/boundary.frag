#version 300 es
// Which class the model gives to every point of the plane: the class's colour, stronger where the model is sure, with
// the border between two classes as a crisp line however coarse the grid is.
precision highp float;
precision highp sampler2DArray;

uniform sampler2DArray scores;  // Probabilities on a grid, four classes a layer.
uniform int classes;
uniform vec3 colors[16];
uniform vec3 panel, line_color;
uniform vec2 size;     // Device pixels.
uniform float radius;  // Of the corners.
in vec2 place;
out vec4 color;

float row[16];

// Cubic B-spline between the cells, by four linear samples: no facets, no overshoot.
void sample_scores(vec2 at) {
  vec2 grid = vec2(textureSize(scores, 0).xy);
  vec2 cell = at * (grid - 1.0);  // The outermost cells lie on the edges.
  vec2 base = floor(cell), f = cell - base;
  vec2 w0 = (1.0 - f) * (1.0 - f) * (1.0 - f) / 6.0;
  vec2 w1 = (4.0 - 6.0 * f * f + 3.0 * f * f * f) / 6.0;
  vec2 w3 = f * f * f / 6.0;
  vec2 w2 = 1.0 - w0 - w1 - w3;
  vec2 g0 = w0 + w1, g1 = w2 + w3;
  vec2 a = (base - 0.5 + w1 / g0) / grid, b = (base + 1.5 + w3 / g1) / grid;
  for (int layer = 0; layer * 4 < classes; ++layer) {
    float z = float(layer);
    vec4 p = (texture(scores, vec3(a, z)) * g0.x + texture(scores, vec3(b.x, a.y, z)) * g1.x) * g0.y +
             (texture(scores, vec3(a.x, b.y, z)) * g0.x + texture(scores, vec3(b, z)) * g1.x) * g1.y;
    row[layer * 4] = p.x;
    row[layer * 4 + 1] = p.y;
    row[layer * 4 + 2] = p.z;
    row[layer * 4 + 3] = p.w;
  }
}

void main() {
  vec2 pixel = 1.0 / size;
  sample_scores(place);
  int best = 0, second = 1;
  if (row[1] > row[0]) { best = 1; second = 0; }
  vec3 mixed = vec3(0.0);
  float total = 0.0;
  for (int i = 0; i < classes; ++i) {
    if (i > 1) {
      if (row[i] > row[best]) { second = best; best = i; }
      else if (row[i] > row[second]) second = i;
    }
    float weight = row[i] * row[i];
    mixed += colors[i] * weight;
    total += weight;
  }
  float sure = row[best], lead = row[best] - row[second];
  mixed /= max(total, 1e-6);
  vec3 ground = mix(panel, mixed, 0.16 + 0.34 * smoothstep(0.3, 1.0, sure));

  // How far, in pixels, the place is from where the two best classes are even.
  sample_scores(place + vec2(pixel.x, 0.0));
  float dx = row[best] - row[second] - lead;
  sample_scores(place + vec2(0.0, pixel.y));
  float dy = row[best] - row[second] - lead;
  float away = lead / max(length(vec2(dx, dy)), 1e-6);
  float width = max(1.0, radius / 9.0);
  ground = mix(ground, line_color, 0.75 * (1.0 - smoothstep(width * 0.5, width * 0.5 + 1.0, away)));

  vec2 corner = abs((place - 0.5) * size) - size * 0.5 + radius;
  float outside = length(max(corner, 0.0)) - radius;
  color = vec4(ground, clamp(0.5 - outside, 0.0, 1.0));
}
