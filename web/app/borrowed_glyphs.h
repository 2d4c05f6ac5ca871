// Characters that no font of ours has, drawn by the browser with its own: what learners type is not known
// when the fonts are cut down.
#pragma once

namespace sandflow::ui {

// Adds them to the font that was added last, as its last resort. `face`: which of the faces it is.
void borrow_glyphs(int face);

}  // namespace sandflow::ui
