//! The methods against published numbers, through the public interface.

mod recovery;
