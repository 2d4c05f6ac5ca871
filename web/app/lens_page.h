// The Session lens and the page's panels around it: what they are told, and what they ask for.
#pragma once

#include <string>

struct yyjson_val;

namespace sandflow::ui {

class App;

// {"type":"lens", ...}: everything the page shows of the lens.
std::string lens_json(const App& app);
// {"do":"lens","verb":"run"} and the like; false: no such verb.
bool obey_lens(App& app, yyjson_val* command);

}  // namespace sandflow::ui
