// Refuses a schedule whose fields make no sense, before an optimizer takes it.
#pragma once

#include "adagrad/schedule.hpp"

namespace adagrad::validate {

// Also what is nested in it: the message then names the way to the field, as in linear_warmup.after.cosine_decay.alpha.
void learning_rate_schedule(const schedule& rate);

}  // namespace adagrad::validate
