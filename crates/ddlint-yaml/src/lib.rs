//! YAML text to a span-carrying tree, with JSONPath (RFC 9535) over it.
//!
//! Deliberately absent: anything about Kubernetes or Helm beyond the way they resolve scalars, and any I/O.
