// All views, in their order on the screen.
#include "web/app/theme.h"
#include "web/app/views/view.h"

namespace sandflow::ui {

std::unique_ptr<View> output_view();
std::unique_ptr<View> curve_view();
std::unique_ptr<View> responses_view();
std::unique_ptr<View> images_view();
std::unique_ptr<View> data_view();
std::unique_ptr<View> gradients_view();
std::unique_ptr<View> loss_view();
std::unique_ptr<View> accuracy_view();
std::unique_ptr<View> timeline_view();
std::unique_ptr<View> runs_view();
std::unique_ptr<View> units_view();
std::unique_ptr<View> spreads_view();
std::unique_ptr<View> batch_view();
std::unique_ptr<View> update_view();
std::unique_ptr<View> check_view();
std::unique_ptr<View> result_view();

std::vector<std::unique_ptr<View>> all_views() {
  std::vector<std::unique_ptr<View>> views;
  views.push_back(output_view());
  views.push_back(curve_view());
  views.push_back(responses_view());
  views.push_back(images_view());
  views.push_back(data_view());
  views.push_back(gradients_view());
  views.push_back(loss_view());
  views.push_back(accuracy_view());
  views.push_back(timeline_view());
  views.push_back(runs_view());
  views.push_back(units_view());
  views.push_back(spreads_view());
  views.push_back(batch_view());
  views.push_back(update_view());
  views.push_back(check_view());
  views.push_back(result_view());
  return views;
}

void Column::heading(std::string_view title, std::string_view remark, Color remark_color) {
  const Rect row = take(26);
  painter.text(Face::kStrong, 13, {0, row.center().y - line_height(Face::kStrong, 13) / 2}, palette().ink,
               title);
  if (!remark.empty())
    painter.text_right(Face::kMono, 11, {width, row.center().y - line_height(Face::kMono, 11) / 2},
                       remark_color ? remark_color : palette().soft, remark);
}

bool Column::section(Ui& ui, const std::string& id, std::string_view title, std::string_view remark,
                     Color remark_color, bool opens) {
  const Palette& p = palette();
  const Rect row = take(26);
  const auto known = folds->find(id);
  bool is_open = known == folds->end() ? opens : known->second;
  // With the sign before it.
  const Press hit = press(ui, painter, id, {row.min - Vec(16, 0), row.max});
  ui.spot(id, painter, row);
  if (hit.clicked) {
    is_open = !is_open;
    (*folds)[id] = is_open;
    ui.wants_frame = true;
  }
  ui.walk.name_section(title, is_open);
  if (hit.hovered) ui.cursor = "pointer";
  const Vec c{-9, row.center().y};
  const Color sign = hit.hovered ? p.ink : fade(p.soft, 0.8f);
  const Vec open[] = {c + Vec(-3.5f, -1.75f), c + Vec(0, 1.75f), c + Vec(3.5f, -1.75f)};
  const Vec folded[] = {c + Vec(-1.75f, -3.5f), c + Vec(1.75f, 0), c + Vec(-1.75f, 3.5f)};
  painter.polyline(is_open ? open : folded, sign, 1.4f);
  painter.text(Face::kStrong, 13, {0, row.center().y - line_height(Face::kStrong, 13) / 2},
               is_open || hit.hovered ? p.ink : p.soft, title);
  if (!remark.empty())
    painter.text_right(Face::kMono, 11, {width, row.center().y - line_height(Face::kMono, 11) / 2},
                       remark_color ? remark_color : p.soft, remark);
  if (!is_open) y += 2;
  return is_open;
}

void Column::paragraph(std::string_view text, Color color, float gap) {
  const float high = text_size(Face::kText, 11, text, width).y;
  painter.text(Face::kText, 11, take(high, gap).min, color, text, width);
}

}  // namespace sandflow::ui
