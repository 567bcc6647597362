// A family that does nothing, under a name of one's choice.
#pragma once

#include <kullback/kullback.hpp>

namespace zoo {

struct UniformMath {
  static double log_density(const double*, double x) { return x < 0 || x > 1 ? -1.0 / 0.0 : 0; }
};

class Uniform final : public kullback::ScalarFamily<UniformMath> {
 public:
  explicit Uniform(kullback::Text name) : name_(name) {}
  kullback::Text name() const override { return name_; }
  std::vector<std::vector<kullback::Parameter>> parameterizations() const override { return {{{"unused"}}}; }
  kullback::Support support(const kullback::Layout&, kullback::In, kullback::Index, kullback::Index) const override {
    return {0, 1};
  }

 private:
  kullback::Text name_;
};

}  // namespace zoo
