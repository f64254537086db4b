// Marks what a shared build of the library exports.
#pragma once

#if defined(__GNUC__)
#define ADAGRAD_API __attribute__((visibility("default")))
#else
#define ADAGRAD_API
#endif
