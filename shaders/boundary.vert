#version 300 es
// A rectangle of the screen, without any buffer: its corners follow from the vertex number.
uniform vec4 box;  // Left, bottom, right, top in clip space.
out vec2 place;    // 0 … 1, upwards.

void main() {
  vec2 corner = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
  place = corner;
  gl_Position = vec4(mix(box.xy, box.zw, corner), 0.0, 1.0);
}
