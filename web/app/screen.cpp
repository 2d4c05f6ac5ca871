// See screen.h.
#include "web/app/screen.h"

#include <GLES3/gl3.h>
#include <backends/imgui_impl_opengl3.h>

#include "web/app/boundary.h"
#include "web/app/theme.h"
#include "web/app/tiles.h"

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
