// Images of normal variables under one injective map.
#pragma once

#include <kullback/kullback.hpp>

namespace kullback::normal_family {

/// Registers log_normal (exp of a normal) and logit_normal (logistic of a normal); `normal` is the family of the
/// preimages.
void add_log_normal(Registrar& registrar, const Distribution& normal);
void add_logit_normal(Registrar& registrar, const Distribution& normal);

/// The family of Math, whose theta is the (mean, stddev) of the preimage.
template <class Family>
class ImageOfNormal final : public Family, public Image {
 public:
  ImageOfNormal(const Distribution& normal, Text map) : normal_(normal), map_(map) {}
  Text map() const override { return map_; }
  Members preimage(const Layout&, In theta) const override { return {&normal_, {}, theta}; }

 private:
  const Distribution& normal_;
  Text map_;
};

/// The parameters (mean, stddev) of a normal by stddev, variance or precision, under names with a prefix ("log_mean",
/// "log_stddev").
std::vector<std::vector<Parameter>> prefixed_parameters(const std::string& prefix);
void prefixed_to_stored(int given_as, const double* given, double* theta);

}  // namespace kullback::normal_family
