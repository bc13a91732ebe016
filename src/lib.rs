//! The rooms of ddlint; see ARCHITECTURE.md. The library API is unstable.
