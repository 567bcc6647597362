#include "model/model.hpp"

namespace kullback::model {

Dimensions Variable::dimensions() const {
  Dimensions all = plates;
  all.insert(all.end(), over.begin(), over.end());
  return all;
}

Index Model::cells(const Dimensions& dimensions) const {
  Index count = 1;
  for (const int d : dimensions) count *= plates[static_cast<std::size_t>(d)].size;
  return count;
}

const Variable* Model::find(const std::string& name) const {
  for (const Variable& v : variables)
    if (v.name == name) return &v;
  return nullptr;
}

bool Model::is_flat(int variable) const {
  for (const int s : variables[static_cast<std::size_t>(variable)].statements)
    if (statements[static_cast<std::size_t>(s)].flat) return true;
  return false;
}

std::vector<std::string> Model::flat_priors() const {
  std::vector<std::string> names;
  for (std::size_t v = 0; v < variables.size(); ++v)
    if (is_flat(static_cast<int>(v))) names.push_back(variables[v].name);
  return names;
}

}  // namespace kullback::model
