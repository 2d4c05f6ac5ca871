// All views, in their order on the screen.
#include "web/app/theme.h"
#include "web/app/views/view.h"

namespace sandflow::ui {

std::unique_ptr<View> output_view();
std::unique_ptr<View> loss_view();
std::unique_ptr<View> accuracy_view();
std::unique_ptr<View> result_view();

std::vector<std::unique_ptr<View>> all_views() {
  std::vector<std::unique_ptr<View>> views;
  views.push_back(output_view());
  views.push_back(loss_view());
  views.push_back(accuracy_view());
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

}  // namespace sandflow::ui
