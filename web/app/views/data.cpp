// The data: how many examples each class has for training and testing, what was
// left out and why, and whether the graph takes them.
#include <algorithm>

#include "engine/core/text.h"
#include "engine/scene/net.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/views/view.h"
#include "web/app/widgets.h"

namespace sandflow::ui {

namespace {

class DataView : public View {
 public:
  bool applies(const Run& run) const override { return run.data != nullptr; }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const Palette& p = palette();
    const Dataset& data = *run.data;
    Changes changes;
    const bool is_fit = takes(run.scene, run.snapshot, data);
    const bool is_open = column.section(ui, "data", tr("view.data"),
                                        tr("data.counts", {{"train", std::to_string(data.train.size())},
                                                           {"test", std::to_string(data.test.size())}}),
                                        0, run.scene.data.name == "own");
    if (!is_fit) {
      column.paragraph(tr("data.misfit", {{"features", std::to_string(data.feature_names.size())},
                                          {"outputs", std::to_string(data.outputs())}}),
                       p.of(Tone::kLoss));
      if (button(ui, column, "fit-net", tr("data.fit-net")))
        changes.push_back(
            {edit::SetNet{static_cast<std::int64_t>(data.feature_names.size()), data.outputs(),
                          data.is_regression(),
                          hidden_layers(run.scene).value_or(std::vector<NetLayer>{{8, "Relu", {}}}),
                          regularisation_of(run.scene)},
             {}});
    }
    if (!is_open) return changes;
    if (data.is_regression())
      column.paragraph(tr("data.predicts", {{"name", data.target_name}}), p.soft);
    else
      draw_balance(column, data);
    if (data.left_out > 0) {
      column.paragraph(tr("data.left-out", {{"count", std::to_string(data.left_out)}}), p.soft, 2);
      for (std::size_t i = 0; i < std::min<std::size_t>(3, data.notes.size()); ++i)
        column.painter.text(Face::kMono, 11, column.take(16).min, p.soft,
                            fitted(Face::kMono, 11, data.notes[i], column.width));
      column.y += 8;
    }
    if (button(ui, column, "own-table", tr("data.own"))) ui.outbox.add(R"({"type":"open-table"})");
    column.y += 8;
    return changes;
  }

 private:
  static bool button(Ui& ui, Column& column, const char* id, const std::string& label) {
    const Rect box =
        Rect::sized({0, column.take(30, 12).min.y}, {text_width(Face::kStrong, 13, label) + 28, 30});
    ui.spot(id, column.painter, box);
    return small_button(ui, column.painter, id, box, label);
  }

  static void draw_balance(Column& column, const Dataset& data) {
    const Palette& p = palette();
    const std::size_t classes = data.class_names.size();
    std::vector<std::int64_t> train(classes, 0), test(classes, 0);
    for (int c : data.train.classes) ++train[static_cast<std::size_t>(c)];
    for (int c : data.test.classes) ++test[static_cast<std::size_t>(c)];
    std::int64_t most = 1;
    float names = 30;
    for (std::size_t c = 0; c < classes; ++c) {
      most = std::max(most, train[c] + test[c]);
      names = std::max(names, text_width(Face::kText, 11, data.class_names[c]) + 10);
    }
    names = std::min(names, 110.0f);
    constexpr float kNumbers = 72;
    for (std::size_t c = 0; c < std::min<std::size_t>(classes, 16); ++c) {
      const Rect row = column.take(18);
      const float top = row.center().y - line_height(Face::kText, 11) / 2;
      column.painter.text(Face::kText, 11, {0, top}, p.ink,
                          fitted(Face::kText, 11, data.class_names[c], names - 8));
      const Rect track{{names, row.min.y + 4}, {column.width - kNumbers, row.max.y - 4}};
      const Color color = p.of_class(static_cast<int>(c));
      const auto width = [&](std::int64_t count) {
        return track.width() * static_cast<float>(count) / static_cast<float>(most);
      };
      const float middle = track.min.x + width(train[c]);
      column.painter.fill(track, p.field, 2);
      if (train[c] > 0) column.painter.fill({track.min, {middle, track.max.y}}, color, 2);
      if (test[c] > 0)
        column.painter.fill({{middle + 1, track.min.y}, {middle + width(test[c]), track.max.y}},
                            fade(color, 0.4f), 2);
      column.painter.text_right(Face::kMono, 11, {column.width, top}, p.soft, cat(train[c], " · ", test[c]));
    }
    column.y += 8;
  }
};

}  // namespace

std::unique_ptr<View> data_view() { return std::make_unique<DataView>(); }

}  // namespace sandflow::ui
