// A YAML file as a tree of our own: copied once, with a place for everything, and a note of what has been read.
#pragma once

#include "config/source.hpp"

#include <string>
#include <vector>

namespace kullback::config {

/// One value of the file. Scalars keep their text; numbers are parsed by whoever wants one.
class Node {
 public:
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  bool quoted = false;  ///< a scalar in quotes: text, never a number
  std::string key;      ///< under a map: its key
  std::string path;     ///< "model.y", "cases.general.target", "inference.divergence[1]"
  Place key_place;      ///< of the key; for list entries the value's
  Place place;          ///< of the value
  std::string text;     ///< scalars

  const std::vector<Node>& children() const;

  /// The child of that key, marked as read; null if there is none.
  const Node* find(std::string_view name) const;
  /// The same, but a missing key is an error at this node's key that names what is missing.
  const Node& at(std::string_view name) const;

  /// Typed getters: mark as read; throw ConfigError at the value with what was expected.
  double number() const;
  double positive() const;
  long long whole(long long least, long long most) const;
  bool boolean() const;
  const std::string& string() const;  ///< any scalar

  /// "a list", "'abc'", "nothing": what a message says was there.
  std::string description() const;

  /// Marks this node and everything below as read.
  void accept() const;

  /// An error for every key below that nobody has read, with a suggestion from the keys that were asked for there.
  void report_unread(Diagnostics& diagnostics) const;

  std::vector<Node>& mutable_children() { return children_; }

 private:
  std::vector<Node> children_;
  mutable bool read_ = false;
  mutable std::vector<std::string> asked_;
};

/// Throws ConfigError at the value of a node.
[[noreturn]] inline void fail(const Node& at, std::string_view message) { fail(at.place, at.path, message); }

/// Parses one YAML document: no duplicate keys, no anchors or aliases, no second document, at most 100 deep,
/// 100,000 nodes and 1 MiB. Throws ConfigError with places.
Node parse_yaml(std::shared_ptr<const Source> source);

/// Replaces or adds one value: "inference.max_sweeps=100" (the value is a YAML scalar or flow list). Places of the new
/// value point into a Source named "--set".
void set_value(Node& root, const std::string& assignment);

/// The path of a child: "model" and "y" make "model.y"; an entry of a list: "inference.divergence[1]", counted from 0.
std::string child_path(const std::string& parent, std::string_view key);
std::string child_path(const std::string& parent, std::size_t index);

/// The tree as YAML text again, keys in order: the resolved config of a run folder. Parsing it gives the same tree.
std::string to_yaml(const Node& node);

}  // namespace kullback::config
