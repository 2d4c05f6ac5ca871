// libFuzzer: bytes as a program of calls to the module that are mostly sound - operations of the list with
// inputs that mostly fit, gradients, optimizers, runs with feeds - or, after a zero, as requests themselves,
// a line each. What a run gives must fit what was known of it before.
#include "engine/module/module.h"

#include <yyjson.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/json.h"
#include "engine/core/text.h"
#include "engine/ops/list.h"
#include "engine/tf/functions.h"
#include "engine/training/initializers.h"
#include "engine/training/optimizers.h"

namespace {

using namespace sandflow;
using Document = std::unique_ptr<yyjson_doc, decltype(&yyjson_doc_free)>;

// Decisions, taken from the bytes one after the other; zeros when these are used up.
class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool used_up() const { return at_ >= bytes_.size(); }
  unsigned below(std::size_t limit) {
    const unsigned byte = used_up() ? 0 : bytes_[at_++];
    return limit == 0 ? 0 : byte % static_cast<unsigned>(limit);
  }
  // Whether the rarer of two things happens.
  bool seldom() { return below(16) == 15; }
  template <class List>
  const auto& one_of(const List& list) {
    return list[below(list.size())];
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

constexpr DType kDTypes[] = {DType::kFloat32, DType::kFloat64, DType::kInt32,
                             DType::kInt64,   DType::kBool,    DType::kString};

// What the program knows of a tensor it can use.
struct Known {
  int node = 0, output = 0;
  DType dtype = DType::kFloat32;
  Shape shape;
  bool is_ref = false, is_variable = false, is_placeholder = false;
};

class Program {
 public:
  explicit Program(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  void run() {
    ask(bytes_.seldom() ? R"({"call":"graph"})" : R"({"call":"graph","seed":1})");
    ask(R"({"call":"session","graph":1,"entropy":5})");
    constexpr int kMostSteps = 24, kMostNodes = 300;
    for (int i = 0; i < kMostSteps && !bytes_.used_up() && nodes_ < kMostNodes; ++i) step();
    initialize();
    fetch_all();
  }

 private:
  void step() {
    switch (bytes_.below(12)) {
      case 0:
        return placeholder();
      case 1:
        return variable();
      case 2:
        return gradients();
      case 3:
        return minimize();
      case 4:
        return initialize();
      case 5:
      case 6:
        return fetch();
      case 7:
        return place();
      case 8:
        return function();
      default:
        return op();
    }
  }

  Document ask(std::string_view json) {
    reply_ = module_.call(json);
    return {yyjson_read(reply_.json.data(), reply_.json.size(), 0), yyjson_doc_free};
  }
  // Asks something that may add to the graph, and takes note of what it added.
  Document add(JsonWriter& json) {
    Document answer = ask(json.close().text());
    SANDFLOW_CHECK(answer);
    const Document count = ask(R"({"call":"nodes","graph":1})");
    const auto nodes =
        static_cast<int>(yyjson_get_int(yyjson_obj_get(yyjson_doc_get_root(count.get()), "result")));
    for (; nodes_ < nodes; ++nodes_) note(nodes_);
    return answer;
  }

  void note(int node) {
    const Document answer = ask(cat(R"({"call":"node","graph":1,"node":)", node, "}"));
    yyjson_val* about = yyjson_obj_get(yyjson_doc_get_root(answer.get()), "result");
    const std::string_view type = yyjson_get_str(yyjson_obj_get(about, "type"));
    yyjson_val* outputs = yyjson_obj_get(about, "outputs");
    std::size_t i, count;
    yyjson_val* output;
    yyjson_arr_foreach(outputs, i, count, output) {
      Known known{
          node, static_cast<int>(i), *dtype_from_name(yyjson_get_str(yyjson_obj_get(output, "dtype"))),
          shape_of(yyjson_obj_get(output, "shape")), yyjson_get_bool(yyjson_obj_get(output, "is_ref"))};
      known.is_variable = type == "VariableV2";
      known.is_placeholder = type == "Placeholder";
      tensors_.push_back(std::move(known));
    }
  }

  static Shape shape_of(yyjson_val* list) {
    if (!yyjson_is_arr(list)) return Shape::unknown_rank();
    Shape shape;
    std::size_t i, count;
    yyjson_val* size;
    yyjson_arr_foreach(list, i, count, size)
        shape.append(yyjson_is_null(size) ? Shape::kUnknown : yyjson_get_sint(size));
    return shape;
  }

  JsonWriter begin(const char* call) {
    JsonWriter json;
    json.open().field("call", call).field("graph", 1);
    if (!scope_.empty()) json.field("scope", scope_);
    if (control_ >= 0) {
      json.key("control")
          .open('[')
          .open()
          .key("operation")
          .open('[')
          .value(1)
          .value(control_)
          .close(']')
          .close();
      json.close(']');
    }
    return json;
  }

  // --- Values ---

  std::string size() {
    constexpr const char* kSizes[] = {"2", "3", "1", "2", "4", "3", "0", "5", "7"};
    return kSizes[bytes_.below(std::size(kSizes))];
  }
  std::string shape_text(bool known = true) {
    std::string text = "[";
    for (unsigned rank = bytes_.below(5), i = 0; i < rank; ++i)
      text += cat(i ? ", " : "", !known && bytes_.below(3) == 0 ? "None" : size());
    return text + "]";
  }
  std::string element(DType dtype) {
    constexpr const char* kFloats[] = {"1.5", "-2.0", "0.0",   "0.25", "-0.0",
                                       "nan", "inf",  "1e-40", "3e38", "-7.5"};
    constexpr const char* kInts[] = {"1",  "0", "2",          "-1",          "3",
                                     "-2", "5", "2147483647", "-2147483648", "1000000000"};
    switch (dtype) {
      case DType::kBool:
        return bytes_.below(2) ? "True" : "False";
      case DType::kString:
        return bytes_.below(2) ? "'a'" : "''";
      case DType::kFloat32:
      case DType::kFloat64:
        return kFloats[bytes_.seldom() ? bytes_.below(std::size(kFloats)) : bytes_.below(4)];
      default:
        return kInts[bytes_.seldom() ? bytes_.below(std::size(kInts)) : bytes_.below(5)];
    }
  }
  std::string list(DType dtype, const Shape& shape, int axis = 0) {
    if (axis == shape.rank()) return element(dtype);
    std::string text = "[";
    for (std::int64_t i = 0; i < shape.dim(axis); ++i) text += (i ? ", " : "") + list(dtype, shape, axis + 1);
    return text + "]";
  }
  Shape some_shape(const Shape& like) {
    if (!like.has_rank() || bytes_.seldom()) {
      Shape shape;
      for (unsigned rank = bytes_.below(4), i = 0; i < rank; ++i) shape.append(bytes_.below(4));
      return shape;
    }
    Shape shape = like;
    std::int64_t room = 512;
    for (int i = 0; i < shape.rank(); ++i) {
      if (shape.dim(i) == Shape::kUnknown) shape.set_dim(i, 1 + bytes_.below(3));
      if (shape.dim(i) > room) return {};
      if (shape.dim(i) > 0) room /= shape.dim(i);
    }
    return shape.rank() <= 8 ? shape : Shape();
  }

  static void literal(JsonWriter& json, std::string_view text) { json.open().field("literal", text).close(); }
  void constant(JsonWriter& json, DType dtype, const Shape& like = Shape::unknown_rank()) {
    literal(json, list(dtype, some_shape(like)));
  }
  static void tensor(JsonWriter& json, const Known& known) {
    if (known.is_variable)
      json.open().key("variable").open('[').value(1).value(known.node).close(']').close();
    else
      json.open().key("tensor").open('[').value(1).value(known.node).value(known.output).close(']').close();
  }
  // One of the tensors, mostly of this dtype.
  const Known* some_tensor(std::optional<DType> dtype, bool is_ref = false) {
    if (tensors_.empty()) return nullptr;
    const std::size_t start = bytes_.below(tensors_.size());
    const bool any = bytes_.seldom();
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      // The newest first: so programs grow long rather than wide.
      const Known& known = tensors_[tensors_.size() - 1 - (start + i) % tensors_.size()];
      if (any || ((!dtype || known.dtype == *dtype) && (!is_ref || known.is_ref))) return &known;
    }
    return nullptr;
  }

  // --- Calls ---

  void placeholder() {
    JsonWriter json = begin("op");
    json.field("type", "Placeholder").key("attrs").open().key("dtype");
    literal(json, cat("'", name(kDTypes[bytes_.below(std::size(kDTypes))]), "'"));
    json.key("shape");
    literal(json, bytes_.below(4) == 0 ? "None" : shape_text(false));
    json.close();
    add(json);
  }

  void variable() {
    JsonWriter json = begin("variable");
    const Known* initial = bytes_.below(3) == 0 ? some_tensor(DType::kFloat32) : nullptr;
    if (initial) {
      json.key("initial_value");
      tensor(json, *initial);
    } else if (bytes_.below(2)) {
      json.key("initial_value");
      constant(json, bytes_.seldom() ? kDTypes[bytes_.below(std::size(kDTypes))] : DType::kFloat32);
    } else {
      json.field("initializer", bytes_.one_of(initializer_types()).name).key("shape");
      literal(json, shape_text());
      if (bytes_.seldom()) json.field("dtype", "float64");
    }
    if (bytes_.seldom()) json.field("trainable", false);
    add(json);
  }

  void attribute(JsonWriter& json, const AttrSpec& spec, DType dtype) {
    json.key(spec.name);
    switch (spec.kind) {
      case AttrKind::kType:
        return literal(json, cat("'", name(kDTypes[bytes_.below(std::size(kDTypes))]), "'"));
      case AttrKind::kBool:
        return literal(json, bytes_.below(2) ? "True" : "False");
      case AttrKind::kInt:
        if (bytes_.seldom())
          return literal(json, bytes_.below(2) ? "9223372036854775807" : "-9223372036854775807");
        return literal(json, std::to_string(static_cast<int>(bytes_.below(8)) - 2));
      case AttrKind::kFloat:
        return literal(json, element(DType::kFloat32));
      case AttrKind::kString:
        if (spec.choices.empty() || bytes_.seldom()) return literal(json, "'x'");
        return literal(json, cat("'", bytes_.one_of(spec.choices), "'"));
      case AttrKind::kShape:
        return literal(json, bytes_.seldom() ? "[1000000, 1000000]" : shape_text(false));
      case AttrKind::kTensor:
        return constant(json, dtype);
      case AttrKind::kInts: {
        std::string ints = "[";
        for (unsigned count = bytes_.below(6), i = 0; i < count; ++i)
          ints += cat(i ? ", " : "", bytes_.seldom()   ? "-1"
                                     : bytes_.seldom() ? "9223372036854775807"
                                                       : size());
        return literal(json, ints + "]");
      }
    }
  }

  void op() {
    const Op& op = *all_ops()[(bytes_.below(256) * 256 + bytes_.below(256)) % all_ops().size()];
    if (op.type == std::string_view("Placeholder")) return placeholder();
    JsonWriter json = begin("op");
    json.field("type", op.type).key("inputs").open('[');
    std::map<std::string_view, DType> chosen;  // By type attribute.
    Shape last = Shape::unknown_rank();
    const std::size_t count = op.inputs.size() + (op.is_variadic() ? bytes_.below(3) : 0);
    for (std::size_t i = 0; i < count; ++i) {
      const Arg& arg = op.input(i, count);
      std::optional<DType> dtype = arg.type.type_attr ? std::nullopt : std::optional(arg.type.fixed);
      if (arg.type.type_attr)
        if (const auto known = chosen.find(arg.type.type_attr); known != chosen.end()) dtype = known->second;
      const bool is_index = arg.type.type_attr && op.find_attr(arg.type.type_attr)->allowed == &kIndexTypes;
      const Known* found = arg.is_ref || bytes_.below(3) > 0
                               ? some_tensor(is_index ? DType::kInt32 : dtype, arg.is_ref)
                               : nullptr;
      if (found) {
        tensor(json, *found);
        dtype = found->dtype;
        last = found->shape;
      } else {
        if (!dtype)
          dtype = is_index          ? DType::kInt32
                  : bytes_.seldom() ? kDTypes[bytes_.below(std::size(kDTypes))]
                                    : DType::kFloat32;
        constant(json, *dtype, is_index ? Shape::unknown_rank() : last);
      }
      if (arg.type.type_attr) chosen.emplace(arg.type.type_attr, *dtype);
    }
    json.close(']').key("attrs").open();
    const DType dtype = kDTypes[bytes_.below(std::size(kDTypes))];
    for (const AttrSpec& spec : op.attrs) {
      const std::string_view attr = spec.name;
      // A variable that takes any shape is no longer what was known of it.
      if (attr == "validate_shape" || chosen.contains(attr)) continue;
      if (!spec.initial || bytes_.below(3) == 0) attribute(json, spec, dtype);
    }
    json.close();
    add(json);
  }

  void function() {
    const tf::Function& function = bytes_.one_of(tf::functions());
    JsonWriter json = begin("function");
    json.field("function", function.name).key("inputs").open('[');
    Shape last = Shape::unknown_rank();
    for (const Arg& input : function.inputs) {
      const DType wanted = input.type.type_attr ? DType::kFloat32 : input.type.fixed;
      const Known* found = bytes_.seldom() ? nullptr : some_tensor(wanted);
      if (found)
        tensor(json, *found);
      else
        constant(json, wanted, last);
      if (found) last = found->shape;
    }
    json.close(']').key("named").open();
    for (const AttrSpec& spec : function.attrs)
      if (bytes_.below(3) == 0) attribute(json, spec, DType::kFloat32);
    json.close();
    add(json);
  }

  void gradients() {
    JsonWriter json = begin("gradients");
    for (const char* side : {"ys", "xs"}) {
      json.key(side).open('[');
      for (unsigned i = 0, count = 1 + bytes_.below(3); i < count; ++i)
        if (const Known* found = some_tensor(bytes_.seldom() ? std::nullopt : std::optional(DType::kFloat32)))
          tensor(json, *found);
      json.close(']');
    }
    add(json);
  }

  void minimize() {
    const OptimizerType& optimizer = bytes_.one_of(optimizer_types());
    const Known* loss = some_tensor(DType::kFloat32);
    if (!loss) return;
    JsonWriter json = begin("minimize");
    json.field("optimizer", optimizer.name).key("loss");
    tensor(json, *loss);
    if (bytes_.below(2)) {
      json.key("parameters").open();
      for (const Parameter& parameter : optimizer.parameters) {
        if (bytes_.below(2)) continue;
        json.key(parameter.name);
        literal(json, element(DType::kFloat32));
      }
      json.close();
    }
    const Document answer = add(json);
    if (yyjson_val* train = yyjson_obj_get(yyjson_doc_get_root(answer.get()), "result"))
      operations_.push_back(static_cast<int>(yyjson_get_int(train)));
  }

  void initialize() {
    JsonWriter json = begin("initializer");
    const Document answer = add(json);
    yyjson_val* init = yyjson_obj_get(yyjson_doc_get_root(answer.get()), "result");
    if (!init) return;
    operations_.push_back(static_cast<int>(yyjson_get_int(init)));
    fetches_.push_back(cat(R"({"operation":[1,)", operations_.back(), "]}"));
    run_fetches({});
  }

  void place() {
    if (bytes_.below(2) && !operations_.empty()) {
      control_ = control_ < 0 ? bytes_.one_of(operations_) : -1;
      return;
    }
    const Document answer = ask(cat(R"({"call":"scope","graph":1,"scope":")", scope_, R"(","name":")",
                                    bytes_.below(2) ? "s" : "", "\"}"));
    if (const char* entered = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(answer.get()), "result")))
      scope_ = entered;
  }

  void fetch() {
    std::vector<Known> wanted;
    for (unsigned i = 0, count = 1 + bytes_.below(3); i < count; ++i) {
      if (!operations_.empty() && bytes_.below(4) == 0) {
        fetches_.push_back(cat(R"({"operation":[1,)", bytes_.one_of(operations_), "]}"));
        wanted.emplace_back();
        wanted.back().shape = Shape::unknown_rank();
      } else if (const Known* found = some_tensor(std::nullopt)) {
        want(*found, wanted);
      }
    }
    run_fetches(wanted);
  }

  // Everything there is, in parts: one error hides all that is fetched beside it.
  void fetch_all() {
    constexpr std::size_t kPart = 4;
    std::vector<Known> wanted;
    for (const Known& known : tensors_) {
      want(known, wanted);
      if (wanted.size() < kPart) continue;
      run_fetches(wanted);
      wanted.clear();
    }
    run_fetches(wanted);
  }

  void want(const Known& known, std::vector<Known>& wanted) {
    JsonWriter json;
    tensor(json, known);
    fetches_.push_back(json.take());
    wanted.push_back(known);
  }

  // Runs what is to be fetched, with every placeholder fed; now and then another tensor, too.
  void run_fetches(const std::vector<Known>& wanted) {
    JsonWriter json;
    json.open().field("call", "run").field("session", 2).key("fetches").open('[');
    for (const std::string& fetch : fetches_) json.raw(fetch);
    fetches_.clear();
    json.close(']').key("feeds").open('[');
    bool is_as_known = true;
    for (const Known& known : tensors_) {
      const bool other = !known.is_placeholder && bytes_.seldom() && bytes_.seldom();
      is_as_known = is_as_known && !other;
      if (!(known.is_placeholder && !bytes_.seldom()) && !other) continue;
      json.open('[');
      tensor(json, known);
      constant(json, known.dtype, known.shape);
      json.close(']');
    }
    const Document answer = ask(json.close(']').close().text());
    yyjson_val* results = yyjson_obj_get(yyjson_doc_get_root(answer.get()), "result");
    if (!results || !is_as_known) return;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      yyjson_val* value = yyjson_arr_get(results, i);
      if (!yyjson_is_obj(value)) continue;
      SANDFLOW_CHECK(wanted[i].shape.compatible_with(shape_of(yyjson_obj_get(value, "shape"))));
      SANDFLOW_CHECK(yyjson_equals_str(yyjson_obj_get(value, "dtype"), name(wanted[i].dtype)));
    }
  }

  Bytes bytes_;
  Module module_;
  Module::Reply reply_;
  std::vector<Known> tensors_;
  std::vector<int> operations_;
  std::vector<std::string> fetches_;
  std::string scope_;
  int control_ = -1;
  int nodes_ = 0;
};

// Requests as they are, with all of the bytes as the payload.
void talk(std::span<const std::uint8_t> bytes) {
  Module module;
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  while (!text.empty()) {
    const std::size_t line = std::min(text.find('\n'), text.size());
    const Module::Reply reply = module.call(text.substr(0, line), std::as_bytes(bytes));
    const Document answer(
        yyjson_read(reply.json.data(), reply.json.size(), YYJSON_READ_ALLOW_INVALID_UNICODE),
        yyjson_doc_free);
    text.remove_prefix(std::min(line + 1, text.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  if (!bytes.empty() && bytes[0] == 0)
    talk(bytes.subspan(1));
  else
    Program(bytes).run();
  return 0;
}
