// The run as a list, in its order: what the motion tells, to be read, and to be jumped into.
#pragma once

#include "web/app/session_lens.h"
#include "web/app/views/view.h"

namespace sandflow::ui {

void draw_order(Ui& ui, Column& column, SessionLens& lens, const Scene& scene);

}  // namespace sandflow::ui
