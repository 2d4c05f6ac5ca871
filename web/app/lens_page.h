// The Session lens and the page's panels around it: what they are told, and what they ask for.
#pragma once

#include <string>

struct yyjson_val;

namespace sandflow::ui {

class App;

// {"type":"lens", ...}: what the page shows of the lens, but for the last run.
std::string lens_json(const App& app);
// {"type":"lens-run", ...}: that run, which is long and stays as it is while one walks through it.
std::string lens_run_json(const App& app);
// {"do":"lens","verb":"run"} and the like; false: no such verb.
bool obey_lens(App& app, yyjson_val* command);

}  // namespace sandflow::ui
