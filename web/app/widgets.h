// The few controls of the panels, drawn in our own hand: field, choice, switch, button.
#pragma once

#include <span>

#include "web/app/ui.h"

namespace sandflow::ui {

inline constexpr float kControlHeight = 28;

// A box with a text that opens the page's <input>; what is typed there becomes an edit.
void text_field(Ui& ui, const Painter& painter, const Rect& box, TextEntry::Request request,
                std::string_view placeholder, TextEntry::Make make);
// A box that opens a list; the index of what was chosen now.
std::optional<int> choice(Ui& ui, const Painter& painter, std::string_view id, const Rect& box,
                          std::span<const std::string> names, int current);
bool toggle(Ui& ui, const Painter& painter, std::string_view id, Vec at, bool on);  // True: was pressed.
bool small_button(Ui& ui, const Painter& painter, std::string_view id, const Rect& box,
                  std::string_view label);
// One of a row of choices, lit if it is the one that holds.
bool chip(Ui& ui, const Painter& painter, std::string_view id, const Rect& box, std::string_view label,
          bool on);
void tooltip(Ui& ui, Vec near, std::span<const std::string> lines, Face face = Face::kText);

// A floating panel for a popup or a tooltip.
void floating_panel(const Painter& painter, const Rect& box);

}  // namespace sandflow::ui
