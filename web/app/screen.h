// The seam to WebGL: begins and ends ImGui's frames, and makes everything anew after the context was lost.
#pragma once

#include "web/app/paint.h"

namespace sandflow::ui {

bool start_screen();
void begin_screen();
void draw_screen();
void lose_screen();
void restore_screen();
bool screen_is_lost();

}  // namespace sandflow::ui
