// See screen.h.
#include "web/app/screen.h"

#include <GLES3/gl3.h>
#include <backends/imgui_impl_opengl3.h>

#include "web/app/boundary.h"
#include "web/app/theme.h"
#include "web/app/tiles.h"

// What ImGui's back end asks GL (cmake/dependencies.cmake): the state that it puts back after drawing.
// Nothing here relies on any, as draw_screen() and paint() set what they need; so it hears what can be put
// back without harm.
extern "C" {

void sandflow_gl_integer(GLenum which, GLint* out) {
  const bool is_box = which == GL_VIEWPORT || which == GL_SCISSOR_BOX;
  for (int i = 0; i < (is_box ? 4 : 1); ++i) out[i] = 0;
  if (which == GL_MAJOR_VERSION) *out = 3;
  if (which == GL_MAX_TEXTURE_SIZE) glGetIntegerv(which, out);  // Asked once, at the start.
  if (which == GL_ACTIVE_TEXTURE) *out = GL_TEXTURE0;
  if (which == GL_BLEND_EQUATION_RGB || which == GL_BLEND_EQUATION_ALPHA) *out = GL_FUNC_ADD;
}

GLboolean sandflow_gl_is_enabled(GLenum) { return GL_FALSE; }

}  // extern "C"

namespace sandflow::ui {

namespace {
bool is_lost = false;
}

bool start_screen() { return ImGui_ImplOpenGL3_Init("#version 300 es"); }

void begin_screen() {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui::NewFrame();
}

void draw_screen() {
  ImGui::Render();
  const ImVec4 ground = ImGui::ColorConvertU32ToFloat4(palette().ground);
  const Vec size = ImGui::GetIO().DisplaySize;
  glViewport(0, 0, static_cast<int>(size.x), static_cast<int>(size.y));
  glDisable(GL_SCISSOR_TEST);
  glClearColor(ground.x, ground.y, ground.z, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

void lose_screen() {
  // The objects went with the context. Their names are given back while nothing can be done with them, so
  // that ImGui's textures ask to be made again.
  is_lost = true;
  ImGui_ImplOpenGL3_DestroyDeviceObjects();
  forget_boundary();
  forget_tiles();
}

void restore_screen() { is_lost = false; }

bool screen_is_lost() { return is_lost; }

}  // namespace sandflow::ui
