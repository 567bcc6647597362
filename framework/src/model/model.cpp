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

}  // namespace kullback::model
