// See boundary.h.
#include "web/app/boundary.h"

#include <GLES3/gl3.h>

#include <algorithm>
#include <vector>

#include "embedded_shaders.h"
#include "web/app/theme.h"

namespace sandflow::ui {

namespace {

struct Target {
  GLuint program = 0, texture = 0, vertices = 0;
  GLint box = 0, classes = 0, colors = 0, panel = 0, line_color = 0, size = 0, radius = 0;
};
Target target;
std::vector<float> texels;  // Four classes a layer.
int layers = 0, class_count = 0;
bool is_new = false;

GLuint compile(GLenum kind, std::string_view source) {
  const GLuint shader = glCreateShader(kind);
  const char* text = source.data();
  const GLint length = static_cast<GLint>(source.size());
  glShaderSource(shader, 1, &text, &length);
  glCompileShader(shader);
  return shader;
}

void make() {
  target.program = glCreateProgram();
  const GLuint vertex = compile(GL_VERTEX_SHADER, embedded::boundary_vert);
  const GLuint fragment = compile(GL_FRAGMENT_SHADER, embedded::boundary_frag);
  glAttachShader(target.program, vertex);
  glAttachShader(target.program, fragment);
  glLinkProgram(target.program);
  glDeleteShader(vertex);
  glDeleteShader(fragment);
  const auto at = [&](const char* name) { return glGetUniformLocation(target.program, name); };
  target.box = at("box");
  target.classes = at("classes");
  target.colors = at("colors");
  target.panel = at("panel");
  target.line_color = at("line_color");
  target.size = at("size");
  target.radius = at("radius");
  glGenVertexArrays(1, &target.vertices);
  glGenTextures(1, &target.texture);
  glBindTexture(GL_TEXTURE_2D_ARRAY, target.texture);
  for (const GLenum filter : {GL_TEXTURE_MIN_FILTER, GL_TEXTURE_MAG_FILTER})
    glTexParameteri(GL_TEXTURE_2D_ARRAY, filter, GL_LINEAR);
  for (const GLenum wrap : {GL_TEXTURE_WRAP_S, GL_TEXTURE_WRAP_T})
    glTexParameteri(GL_TEXTURE_2D_ARRAY, wrap, GL_CLAMP_TO_EDGE);
  is_new = true;
}

void set_color(GLint uniform, std::span<const Color> colors) {
  std::vector<float> numbers;
  for (const Color color : colors) {
    const ImVec4 c = ImGui::ColorConvertU32ToFloat4(color);
    numbers.insert(numbers.end(), {c.x, c.y, c.z});
  }
  glUniform3fv(uniform, static_cast<GLsizei>(colors.size()), numbers.data());
}

void paint(const ImDrawList*, const ImDrawCmd* command) {
  const Rect box = *static_cast<const Rect*>(command->UserCallbackData);  // Device pixels.
  if (!target.program) make();
  glActiveTexture(GL_TEXTURE0);
  glBindTexture(GL_TEXTURE_2D_ARRAY, target.texture);
  if (is_new) {
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    glTexImage3D(GL_TEXTURE_2D_ARRAY, 0, GL_RGBA16F, kGrid, kGrid, layers, 0, GL_RGBA, GL_FLOAT,
                 texels.data());
    is_new = false;
  }
  const Vec screen = ImGui::GetIO().DisplaySize;
  const ImVec4& clip = command->ClipRect;
  glScissor(static_cast<int>(clip.x), static_cast<int>(screen.y - clip.w), static_cast<int>(clip.z - clip.x),
            static_cast<int>(clip.w - clip.y));
  glUseProgram(target.program);
  glUniform4f(target.box, box.min.x / screen.x * 2 - 1, 1 - box.max.y / screen.y * 2,
              box.max.x / screen.x * 2 - 1, 1 - box.min.y / screen.y * 2);
  glUniform2f(target.size, box.width(), box.height());
  glUniform1f(target.radius, 8 * fonts().ratio);
  glUniform1i(target.classes, class_count);
  std::vector<Color> colors;
  for (int i = 0; i < kMostClasses; ++i) colors.push_back(palette().of_class(i));
  set_color(target.colors, colors);
  set_color(target.panel, std::span(&palette().panel, 1));
  set_color(target.line_color, std::span(&palette().panel, 1));
  glBindVertexArray(target.vertices);
  glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
  glBindTexture(GL_TEXTURE_2D_ARRAY, 0);
}

}  // namespace

void set_boundary(std::span<const float> probabilities, int classes) {
  constexpr auto kCells = static_cast<std::size_t>(kGrid) * kGrid;
  class_count = std::min(classes, kMostClasses);
  layers = (class_count + 3) / 4;
  texels.assign(kCells * static_cast<std::size_t>(layers) * 4, 0);
  for (std::size_t cell = 0; cell < kCells; ++cell)
    for (int c = 0; c < class_count; ++c)
      texels[(static_cast<std::size_t>(c / 4) * kCells + cell) * 4 + static_cast<std::size_t>(c % 4)] =
          probabilities[cell * static_cast<std::size_t>(classes) + static_cast<std::size_t>(c)];
  is_new = true;
}

void draw_boundary(const Painter& painter, const Rect& box) {
  if (texels.empty()) return;
  Rect device = painter.device(box);
  painter.list()->AddCallback(paint, &device, sizeof device);
  painter.list()->AddCallback(ImDrawCallback_ResetRenderState, nullptr);
}

void forget_boundary() { target = {}; }

}  // namespace sandflow::ui
