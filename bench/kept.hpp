// What a row leaves for the next one that works on the same arrays.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace adagrad::bench {

// What `make` returned when it was last called, if that was for the same key; else what it returns now. Only one thing is kept, and it is
// released before another is made: there may not be room for both. So it is valid until the next call.
void* kept(const std::string& key, const std::function<std::shared_ptr<void>()>& make);

}  // namespace adagrad::bench
