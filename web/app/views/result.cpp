// For graphs that do not train: what print(sess.run(…)) shows of the chosen nodes, or of those whose value
// goes into no other value.
#include "engine/core/print.h"
#include "engine/core/text.h"
#include "web/app/texts.h"
#include "web/app/theme.h"
#include "web/app/values.h"
#include "web/app/views/view.h"

namespace sandflow::ui {

namespace {

class ResultView : public View {
 public:
  bool applies(const Run& run) const override {
    return !run.snapshot.can_train && !run.snapshot.divergence && !run.scene.nodes.empty();
  }

  Changes draw(Ui& ui, Column& column, const Run& run) override {
    const Palette& p = palette();
    if (run.snapshot.training_error) {
      const float high =
          text_size(Face::kText, 11, run.snapshot.training_error->text(), column.width - 24).y + 20;
      const Rect box = column.take(high, 16);
      column.painter.fill(box, fade(p.of(Tone::kLoss), 0.08f), 8);
      column.painter.text(Face::kText, 11, box.min + Vec(12, 10), p.of(Tone::kLoss),
                          run.snapshot.training_error->text(), column.width - 24);
    }
    if (run.snapshot.version != version_ || run.selection.nodes != selected_ ||
        run.scene.nodes.size() != count_)
      collect(run);
    if (!column.section(ui, "result", tr("view.result"))) return {};
    for (const auto& [name, text] : lines_) {
      column.painter.text(Face::kMono, 11, {0, column.take(18).min.y}, p.soft,
                          cat("print(sess.run(", name, "))"));
      const float size = text_width(Face::kMono, 13, text) > column.width - 24 ? 11 : 13;
      const std::string lines = broken_lines(text, size, column.width - 24);
      const Rect box = column.take(text_size(Face::kMono, size, lines).y + 18, 12);
      column.painter.fill(box, p.field, 8);
      column.painter.text(Face::kMono, size, box.min + Vec(12, 9), p.ink, lines);
    }
    if (lines_.empty()) {
      const bool of_selection = !run.selection.nodes.empty();
      column.painter.text(Face::kText, 13, column.take(24).min, p.soft,
                          tr(of_selection ? "result.none-selected" : "result.none"));
    }
    return {};
  }

 private:
  void collect(const Run& run) {
    version_ = run.snapshot.version;
    selected_ = run.selection.nodes;
    count_ = run.scene.nodes.size();
    lines_.clear();
    std::set<std::string> used;
    for (std::size_t i = 0; i < run.scene.nodes.size() && i < run.snapshot.nodes.size(); ++i)
      for (const Port& port : run.scene.nodes[i].inputs)
        if (run.snapshot.nodes[i].value.defined() && port.kind == Port::Kind::kWire)
          used.insert(parse_wire(port.text).node);
    for (std::size_t i = 0; i < run.scene.nodes.size() && i < run.snapshot.nodes.size(); ++i) {
      const SceneNode& node = run.scene.nodes[i];
      const bool is_wanted = selected_.empty() ? !used.count(node.name) : selected_.count(node.name) > 0;
      if (!is_wanted || !run.snapshot.nodes[i].value.defined()) continue;
      std::string text = str(run.snapshot.nodes[i].value);
      if (text.size() > 1500) text = text.substr(0, 1500) + "…";
      lines_.emplace_back(node.name, std::move(text));
    }
  }

  std::uint64_t version_ = ~0ull;
  std::set<std::string> selected_;
  std::size_t count_ = 0;
  std::vector<std::pair<std::string, std::string>> lines_;
};

}  // namespace

std::unique_ptr<View> result_view() { return std::make_unique<ResultView>(); }

}  // namespace sandflow::ui
