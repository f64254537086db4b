/// Everything: `#include <adagrad/adagrad.hpp>`.
#pragma once

#include "adagrad/constraint.hpp"
#include "adagrad/decay.hpp"
#include "adagrad/isa.hpp"
#include "adagrad/optimizer.hpp"
#include "adagrad/options.hpp"
#include "adagrad/parallel.hpp"
#include "adagrad/presets.hpp"
#include "adagrad/reference.hpp"
#include "adagrad/rows.hpp"
#include "adagrad/schedule.hpp"
#include "adagrad/update.hpp"
#include "adagrad/version.hpp"
#include "adagrad/weights.hpp"
