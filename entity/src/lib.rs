//! Tables of Tributary and the vocabulary they share with the rest.
