#include "language/read_model.hpp"

#include "language/posterior.hpp"
#include "language/statements.hpp"
#include "language/symmetry.hpp"

namespace kullback::language {

ModelFile read_model(const config::Node& root, const Registry& registry, const std::filesystem::path& folder,
                     config::Diagnostics& diagnostics, const ReadOptions& options) {
  ModelFile file;
  Workspace workspace(registry, file.model, diagnostics);
  Files files(folder, options.instead);
  const config::Node* data = root.find("data");
  const config::Node* model = root.find("model");
  const bool has_plates = workspace.keep_mistakes([&] {
    const std::vector<PlateSource> plates = read_plates(root.find("plates"), model, workspace);
    DataResult result = read_data(data, plates, files, workspace, options.data);
    file.labels = std::move(result.labels);
    file.row_plates = std::move(result.row_plates);
    file.notes = std::move(result.notes);
    file.lacking = std::move(result.lacking);
  });
  if (!has_plates) {  // everything else rests on them
    for (const config::Node* part : {data, model, root.find("posterior")})
      if (part) part->accept();
    if (const config::Node* inference = root.find("inference"); inference && inference->kind == config::Node::Kind::map)
      if (const config::Node* start = inference->find("initialize")) start->accept();
    return file;
  }
  if (model) workspace.keep_mistakes([&] { read_statements(*model, root.find("posterior"), workspace, file.notes); });
  file.model.posteriors.resize(file.model.variables.size());
  file.model.initializations.resize(file.model.variables.size());
  workspace.keep_mistakes([&] { read_posterior(root.find("posterior"), workspace); });
  if (const config::Node* inference = root.find("inference");
      !options.data.replay && inference && inference->kind == config::Node::Kind::map) {
    if (const config::Node* start = inference->find("initialize"))
      workspace.keep_mistakes([&] { read_initialization(*start, workspace); });
    const config::Node* schedule = inference->find("schedule");
    if (schedule && schedule->kind == config::Node::Kind::list)
      workspace.keep_mistakes([&] { read_order(*schedule, workspace); });
  }
  if (diagnostics.empty()) file.order_from = visit_starts_last(file.model, diagnostics);
  file.inputs = files.read();
  file.row_statistics = std::move(workspace.row_statistics.values);
  return file;
}

}  // namespace kullback::language
