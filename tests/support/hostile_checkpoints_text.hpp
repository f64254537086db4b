// The hostile checkpoints whose metadata is wrong.
#pragma once

#include "support/hostile_checkpoints.hpp"

namespace adagrad::test {

inline void hostile_checkpoints::counters() {
  const std::string iterations = "adagrad.iterations", pending = "adagrad.pending_calls";
  no_string("no iterations", plain, iterations,
            R"(its metadata has no "adagrad.iterations": it was not written by adagrad::save, or not as a whole)");
  string("iterations, empty", plain, iterations, "", R"("adagrad.iterations" of its metadata, byte 0: a number belongs here: it ends)");
  string("iterations, negative", plain, iterations, "-1",
         R"("adagrad.iterations" of its metadata, byte 0: a number belongs here: there is "-1")");
  string("iterations with a plus", plain, iterations, "+5",
         R"("adagrad.iterations" of its metadata, byte 0: a number belongs here: there is "+5")");
  string("iterations with a leading zero", plain, iterations, "05",
         R"("adagrad.iterations" of its metadata, byte 0: a number that is written as 5 is spelled otherwise: there is "05")");
  string("iterations with a space", plain, iterations, " 5",
         R"("adagrad.iterations" of its metadata, byte 0: a number belongs here: there is " 5")");
  string("iterations with a fraction", plain, iterations, "5.0",
         R"("adagrad.iterations" of its metadata, byte 1: there is more than belongs here: there is ".0")");
  string("iterations in hexadecimal", plain, iterations, "0x5",
         R"("adagrad.iterations" of its metadata, byte 1: there is more than belongs here: there is "x5")");
  string("iterations with an exponent", plain, iterations, "5e0",
         R"("adagrad.iterations" of its metadata, byte 1: there is more than belongs here: there is "e0")");
  string("iterations 2^64", plain, iterations, "18446744073709551616",
         R"("adagrad.iterations" of its metadata, byte 0: a number is out of range: there is "18446744073709551616")");
  string("iterations with a zero byte", plain, iterations, std::string("5\0", 2),
         R"("adagrad.iterations" of its metadata, byte 1: there is more than belongs here: there is "\x00")");
  no_string("no pending calls", plain, pending,
            R"(its metadata has no "adagrad.pending_calls": it was not written by adagrad::save, or not as a whole)");
  string("as many calls pending as a window has", arrays_kind, pending, "3",
         "gradients of 3 calls are pending in a window of 3, which ends with its last call");
  string("2^64 - 1 calls pending", arrays_kind, pending, "18446744073709551615",
         "gradients of 18446744073709551615 calls are pending in a window of 3, which ends with its last call");
  string("pending calls without a window", plain, pending, "1",
         "gradients of 1 calls are pending in a window of 1, which ends with its last call");
}

inline void hostile_checkpoints::format_and_digests() {
  no_string("no format", plain, "adagrad.format",
            R"(it is a safetensors file, but no checkpoint of adagrad: its metadata has no "adagrad.format")");
  string("format 2", plain, "adagrad.format", "2", R"(its format is "2", and this library reads 1: use a newer library)");
  string("format 01", plain, "adagrad.format", "01", R"(its format is "01", and this library reads 1: use a newer library)");
  string("format, empty", plain, "adagrad.format", "", R"(its format is "", and this library reads 1: use a newer library)");
  string(
      "format that plays tricks on terminals", plain, "adagrad.format", std::string("\x1b[2J") + std::string(100, 'x'),
      R"(its format is "\x1b[2Jxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...", and this library reads 1: use a newer library)");
  no_string("no digest of a tensor", plain, "adagrad.digest.param/w", R"(its metadata has no digest of "param/w")");
  const auto digest = [&](std::string name, const std::string& value, std::string expected) {
    add(
        std::move(name), plain, [&](opened_file& f) { f.metadata["adagrad.digest.param/w"] = value; }, std::move(expected),
        sealing::header);
  };
  digest(
      "digest of zeros", "0000000000000000",
      R"("param/w" was changed after it was written (bytes 4736 to 4748 of the file): its digest does not fit. Use another copy of the file)");
  digest(
      "digest, empty", "",
      R"("param/w" was changed after it was written (bytes 4672 to 4684 of the file): its digest does not fit. Use another copy of the file)");
  add(
      "digest in upper case", plain,
      [](opened_file& f) {
        f.metadata["adagrad.digest.param/m"] = [&] {
          std::string digits = digest_of(f.tensor("param/m").bytes);
          for (char& c : digits) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
          return digits;
        }();
      },
      R"("param/m" was changed after it was written (bytes 4760 to 4792 of the file): its digest does not fit. Use another copy of the file)",
      sealing::header);
  add(
      "digests of two tensors, exchanged", plain,
      [](opened_file& f) { std::swap(f.metadata["adagrad.digest.param/d"], f.metadata["adagrad.digest.state/d/accumulator"]); },
      R"("param/d" was changed after it was written (bytes 4824 to 4836 of the file): its digest does not fit. Use another copy of the file)",
      sealing::header);
  add(
      "a changed number", plain, [](opened_file& f) { f.tensor("state/d/accumulator").bytes[2] ^= 1; },
      R"("state/d/accumulator" was changed after it was written (bytes 4836 to 4848 of the file): its digest does not fit. Use another copy of the file)",
      sealing::header);
  string("digest of a tensor that is not there", plain, "adagrad.digest.param/x", "0000000000000000",
         R"(the metadata "adagrad.digest.param/x" is of nothing that the file has)");
  string("options of a parameter that is not there", plain, "adagrad.parameter.options.x", "",
         R"(the metadata "adagrad.parameter.options.x" is of nothing that the file has)");
  string("rate of a parameter that is not there", plain, "adagrad.parameter.learning_rate.x", "",
         R"(the metadata "adagrad.parameter.learning_rate.x" is of nothing that the file has)");
  string("metadata of another program", plain, "format", "pt", R"(the metadata "format" is of nothing that the file has)");
  string("metadata with an empty key", plain, "", "", R"(the metadata "" is of nothing that the file has)");
}

inline void hostile_checkpoints::texts() {
  const std::string all = "adagrad.options", own = "adagrad.parameter.options.w";
  no_string("no options", plain, all, R"(its metadata has no "adagrad.options": it was not written by adagrad::save, or not as a whole)");
  no_string("no rate", plain, "adagrad.learning_rate",
            R"(its metadata has no "adagrad.learning_rate": it was not written by adagrad::save, or not as a whole)");
  no_string("no options of a parameter", plain, own,
            R"(its metadata has no "adagrad.parameter.options.w": it was not written by adagrad::save, or not as a whole)");
  no_string("no rate of a parameter", plain, "adagrad.parameter.learning_rate.w",
            R"(its metadata has no "adagrad.parameter.learning_rate.w": it was not written by adagrad::save, or not as a whole)");
  string("options, empty", plain, all, "", R"("adagrad.options" of its metadata, byte 0: "(" belongs here: it ends)");
  string("options cut short", plain, all, "(learning_rate=0x1p+0,defaults=(rule=(epsilon=0x1p",
         R"("adagrad.options" of its metadata, byte 46: a number that is written as 0x1p+0 is spelled otherwise: there is "0x1p")");
  piece("options with something behind them", plain, all, "counts=updates))", "counts=updates)))",
        R"text("adagrad.options" of its metadata, byte 1028: there is more than belongs here: there is ")")text");
  piece("an unknown field", plain, own, "epsilon=", "epsilom=",
        R"("adagrad.parameter.options.w" of its metadata, byte 7: "epsilon" belongs here: there is "epsilom=0x1.5798ee2308c3")");
  piece("a field left out", plain, own, "maximize=false,", "",
        R"("adagrad.parameter.options.w" of its metadata, byte 149: "maximize" belongs here: there is "clip_value=inf,weight_de")");
  piece("two fields exchanged", plain, own, "maximize=false,clip_value=inf", "clip_value=inf,maximize=false",
        R"("adagrad.parameter.options.w" of its metadata, byte 149: "maximize" belongs here: there is "clip_value=inf,maximize=")");
  piece("a field twice", plain, own, "maximize=false,", "maximize=false,maximize=false,",
        R"("adagrad.parameter.options.w" of its metadata, byte 164: "clip_value" belongs here: there is "maximize=false,clip_valu")");
  piece("a space behind a comma", plain, own, "maximize=false,", "maximize=false, ",
        R"("adagrad.parameter.options.w" of its metadata, byte 164: "clip_value" belongs here: there is " clip_value=inf,weight_d")");
  piece(
      "an unknown name", plain, own, "mode=exact", "mode=exactly",
      R"("adagrad.parameter.options.w" of its metadata, byte 96: a name that belongs here is missing: there is "exactly,accumulator_deca")");
  piece(
      "a name in upper case", plain, own, "mode=exact", "mode=EXACT",
      R"("adagrad.parameter.options.w" of its metadata, byte 96: a name that belongs here is missing: there is "EXACT,accumulator_decay=")");
  piece(
      "a name of another choice", plain, own, "decay_kind=coupled", "decay_kind=fast",
      R"("adagrad.parameter.options.w" of its metadata, byte 210: a name that belongs here is missing: there is "fast,accumulate_rounding")");
  piece(
      "a name of a megabyte", plain, own, "kind=none", std::string("kind=") + std::string(1 << 20, 'n'),
      R"("adagrad.parameter.options.w" of its metadata, byte 390: a name that belongs here is missing: there is "nnnnnnnnnnnnnnnnnnnnnnnn")");
  piece(
      "a number in place of a choice", plain, own, "kind=none", "kind=0",
      R"("adagrad.parameter.options.w" of its metadata, byte 390: a name that belongs here is missing: there is "0,lower=-inf,upper=inf,r")");
  piece("a number in place of true", plain, own, "maximize=false", "maximize=0",
        R"("adagrad.parameter.options.w" of its metadata, byte 158: "false" belongs here: there is "0,clip_value=inf,weight_")");
  piece("nine axes", plain, own, "axes=[0]", "axes=[0,0,0,0,0,0,0,0,0]",
        R"("adagrad.parameter.options.w" of its metadata, byte 433: a list of axes has more than 8 entries)");
  piece("an axis beyond int", plain, own, "axes=[0]", "axes=[2147483648]",
        R"("adagrad.parameter.options.w" of its metadata, byte 434: a number is out of range: there is "2147483648])),initial_ac")");
  piece("a list that does not end", plain, own, "shape=[]", "shape=[3",
        R"("adagrad.parameter.options.w" of its metadata, byte 543: a number belongs here: there is "norm_fuzz=0x1.ad7f29abca")");
  piece("a size that is negative", plain, own, "shape=[]", "shape=[-3]",
        R"("adagrad.parameter.options.w" of its metadata, byte 541: a number belongs here: there is "-3],norm_fuzz=0x1.ad7f29")");
}

inline void hostile_checkpoints::numbers() {
  const std::string own = "adagrad.parameter.options.w";
  const auto clip = [&](std::string name, const std::string& spelled, std::string expected) {
    piece(std::move(name), plain, own, "clip_value=inf", "clip_value=" + spelled, std::move(expected));
  };
  clip("a decimal number", "0.5",
       R"("adagrad.parameter.options.w" of its metadata, byte 175: "0x" belongs here: there is "0.5,weight_decay=0x0p+0,")");
  clip("a hexadecimal number without its prefix", "1p+0",
       R"("adagrad.parameter.options.w" of its metadata, byte 175: "0x" belongs here: there is "1p+0,weight_decay=0x0p+0")");
  clip(
      "a number with another exponent", "0x2p-1",
      R"("adagrad.parameter.options.w" of its metadata, byte 175: a number that is written as 0x1p+0 is spelled otherwise: there is "0x2p-1,weight_decay=0x0p")");
  clip(
      "a number with a trailing zero", "0x1.80p+0",
      R"("adagrad.parameter.options.w" of its metadata, byte 175: a number that is written as 0x1.8p+0 is spelled otherwise: there is "0x1.80p+0,weight_decay=0")");
  clip(
      "a number in upper case", "0x1.Ap+0",
      R"("adagrad.parameter.options.w" of its metadata, byte 175: a number that is written as 0x1.ap+0 is spelled otherwise: there is "0x1.Ap+0,weight_decay=0x")");
  clip(
      "a number without an exponent", "0x1",
      R"("adagrad.parameter.options.w" of its metadata, byte 175: a number that is written as 0x1p+0 is spelled otherwise: there is "0x1,weight_decay=0x0p+0,")");
  clip(
      "a sign behind the prefix", "0x-1p+0",
      R"("adagrad.parameter.options.w" of its metadata, byte 175: a number that is written as -0x1p+0 is spelled otherwise: there is "0x-1p+0,weight_decay=0x0")");
  clip(
      "infinity behind the prefix", "0xinf",
      R"("adagrad.parameter.options.w" of its metadata, byte 175: a number that is written as inf is spelled otherwise: there is "0xinf,weight_decay=0x0p+")");
  clip(
      "NaN behind the prefix", "0xnan",
      R"("adagrad.parameter.options.w" of its metadata, byte 175: a number that is written as nan is spelled otherwise: there is "0xnan,weight_decay=0x0p+")");
  clip("infinity, spelled out", "infinity",
       R"("adagrad.parameter.options.w" of its metadata, byte 178: "," belongs here: there is "inity,weight_decay=0x0p+")");
  clip("a number that is too large", "0x1p+1024",
       R"("adagrad.parameter.options.w" of its metadata, byte 177: a number is out of range: there is "1p+1024,weight_decay=0x0")");
  clip("a number that is too small", "0x1p-1080",
       R"("adagrad.parameter.options.w" of its metadata, byte 177: a number is out of range: there is "1p-1080,weight_decay=0x0")");
  clip("an exponent of twenty digits", "0x1p+99999999999999999999",
       R"("adagrad.parameter.options.w" of its metadata, byte 177: a number is out of range: there is "1p+99999999999999999999,")");
  clip(
      "more digits than a double has", "0x1.00000000000000000001p+0",
      R"("adagrad.parameter.options.w" of its metadata, byte 175: a number that is written as 0x1p+0 is spelled otherwise: there is "0x1.00000000000000000001")");
}

inline void hostile_checkpoints::schedules() {
  rate("an unknown schedule", "step_decay(learning_rate=0x1p+0)",
       R"("adagrad.options" of its metadata, byte 15: "0x" belongs here: there is "step_decay(learning_rate")");
  rate("a rate below 0", "-0x1p+0",
       "learning_rate is -1; it must be finite and at least 0: use a number such as 0.01 (a rate that Caffe2 or FBGEMM takes negative is "
       "positive here)");
  rate("a rate that is NaN", "nan",
       "learning_rate is nan; it must be finite and at least 0: use a number such as 0.01 (a rate that Caffe2 or FBGEMM takes negative is "
       "positive here)");
  rate("an infinite rate", "inf",
       "learning_rate is inf; it must be finite and at least 0: use a number such as 0.01 (a rate that Caffe2 or FBGEMM takes negative is "
       "positive here)");
  rate("inverse time with a negative decay", "inverse_time(learning_rate=0x1p+0,decay=-0x1p+0,form=quotient)",
       "inverse_time.decay is -1; it must be finite and at least 0: use a small number such as 1e-6, or 0");
  rate("a decay over no steps", "exponential_decay(initial_learning_rate=0x1p+0,decay_steps=0x0p+0,decay_rate=0x1p-1,staircase=false)",
       "exponential_decay.decay_steps is 0; it must be finite and above 0: use a number of steps such as 1000");
  rate("as many values as boundaries", "piecewise_constant_decay(boundaries=[2],values=[0x1p+0])",
       "piecewise_constant_decay.values has 1 elements and boundaries has 1: give one value more than boundaries, the last for what comes "
       "after the last boundary");
  rate("boundaries that descend", "piecewise_constant_decay(boundaries=[3,2],values=[0x1p+0,0x1p+0,0x1p+0])",
       "piecewise_constant_decay.boundaries[1] is 2 after 3; each must be above the one before it: sort them, their values too, and leave "
       "none in twice");
  rate("no boundaries and no values", "piecewise_constant_decay(boundaries=[],values=[])",
       "piecewise_constant_decay.values has 0 elements and boundaries has 0: give one value more than boundaries, the last for what comes "
       "after the last boundary");
  rate("a polynomial of power NaN",
       "polynomial_decay(initial_learning_rate=0x1p+0,decay_steps=0x1p+0,end_learning_rate=0x0p+0,power=nan,cycle=false)",
       "polynomial_decay.power is nan; it must be finite and above 0: use 1 for a straight line");
  rate("a cosine with alpha above 1",
       "cosine_decay(initial_learning_rate=0x1p+0,decay_steps=0x1p+0,alpha=0x1p+1,warmup_target=none,warmup_steps=0x0p+0)",
       "cosine_decay.alpha is 2; it must be from 0 to 1: give the lowest rate as a fraction of the highest");
  rate("restarts that grow shorter",
       "cosine_decay_restarts(initial_learning_rate=0x1p+0,first_decay_steps=0x1p+0,t_mul=0x1p-1,m_mul=0x1p+0,alpha=0x0p+0)",
       "cosine_decay_restarts.t_mul is 0.5; it must be finite and at least 1: use 1 for periods of one length, 2 to double them");
  rate("a warm-up without steps", "linear_warmup(after=0x1p+0,warmup_steps=0,start=0x0p+0,after_counts_from=first_step)",
       "linear_warmup.warmup_steps is 0; it must be above 0: to have no warm-up, use what is in `after` alone, for `start` would be "
       "ignored");
  rate("a warm-up before nothing", "linear_warmup(after=none,warmup_steps=1,start=0x0p+0,after_counts_from=first_step)",
       R"("adagrad.options" of its metadata, byte 35: "0x" belongs here: there is "none,warmup_steps=1,star")");
  rate("one's own schedule inside of a warm-up",
       "linear_warmup(after=custom(rate=0x1p+0),warmup_steps=1,start=0x0p+0,after_counts_from=first_step)",
       R"("adagrad.options" of its metadata, byte 35: a custom schedule cannot be part of another one)");
  std::string nested;
  for (int i = 0; i < 9; ++i) nested += "linear_warmup(after=";
  rate("nine warm-ups in one another", nested, R"("adagrad.options" of its metadata, byte 195: more than 8 schedules in one another)");
  rate("one's own schedule, where there is none", "custom(rate=0x1p-2)",
       "it does not fit this optimizer:\n  learning_rate is custom(rate=0x1p-2) in the file, "
       "polynomial_decay(initial_learning_rate=0x1.999999999999ap-4,decay_steps=0x1.8p+3,end_learning_rate=0x1.a36e2eb1c432dp-14,power="
       "0x1p+0,cycle=false) here: a schedule of one's own is not in the file, and must give the same rate at iteration 5; pass it in "
       "load_options::learning_rate\n  parameter \"d\".learning_rate is custom(rate=0x1p-2) in the file, "
       "polynomial_decay(initial_learning_rate=0x1.999999999999ap-4,decay_steps=0x1.8p+3,end_learning_rate=0x1.a36e2eb1c432dp-14,power="
       "0x1p+0,cycle=false) here: a schedule of one's own is not in the file, and must give the same rate at iteration 5; pass it in "
       "load_options::learning_rate, or give it to the group here");
  piece("another rate in the options than beside them", plain, "adagrad.options", "decay_steps=0x1.8p+3", "decay_steps=0x1p+3",
        R"(the learning rate in "adagrad.options" of its metadata is not that of "adagrad.learning_rate")");
  string("a parameter's own rate, in the group of all", plain, "adagrad.parameter.learning_rate.w", "0x1p-3",
         "it does not fit this optimizer:\n  parameter \"w\".learning_rate is 0x1p-3 in the file, and it is in no group here: add it to a "
         "group with that rate, see "
         "add_group");
  string(
      "a parameter's rate that is NaN", plain, "adagrad.parameter.learning_rate.m", "nan",
      R"(learning_rate is nan; it must be finite and at least 0: use a number such as 0.01 (a rate that Caffe2 or FBGEMM takes negative is positive here) (in the group "own"))");
}

inline void hostile_checkpoints::options() {
  const std::string all = "adagrad.options", own = "adagrad.parameter.options.w";
  const auto wrong = [&](std::string name, const std::string& from, const std::string& to, std::string expected) {
    piece(std::move(name), plain, own, from, to, std::move(expected));
  };
  piece("a window of no calls", plain, all, "calls=1,", "calls=0,",
        "accumulation.calls is 0; it must be at least 1: use 1 to move parameters at each call");
  piece("a window of 2^64 calls", plain, all, "calls=1,", "calls=18446744073709551616,",
        R"("adagrad.options" of its metadata, byte 997: a number is out of range: there is "18446744073709551616,com")");
  piece("a sum of one call", plain, all, "combine=mean", "combine=sum",
        "accumulation.combine is sum, but accumulation.calls is 1, so that nothing is combined: set calls, or leave combine at mean");
  piece("a global norm of 0", plain, all, "global_clip_norm=inf", "global_clip_norm=0x0p+0",
        "global_clip_norm is 0; it must be above 0, also when rounded: use an infinity to clip nothing");
  piece("defaults that none can have", plain, all, "epsilon=0x", "epsilon=-0x",
        "epsilon is -1e-08; it must be finite and at least 0: use a small number such as 1e-8, or 0");
  wrong("a negative epsilon", "epsilon=0x", "epsilon=-0x",
        R"(parameter "w": epsilon is -1e-08; it must be finite and at least 0: use a small number such as 1e-8, or 0)");
  wrong("a norm that is NaN", "clip_norm=inf", "clip_norm=nan",
        R"(parameter "w": clip_norm is nan; it must be above 0, also when rounded: use an infinity to clip nothing)");
  wrong(
      "a value to clip at that float cannot hold", "clip_value=inf", "clip_value=0x1p+1000",
      R"(parameter "w": clip_value is 1.0715086071862673e+301, which float cannot hold: use one of smaller magnitude, or an infinity for no bound)");
  wrong("an accumulator that begins below 0", "initial_accumulator=0x0p+0", "initial_accumulator=-0x1p+0",
        R"(parameter "w": initial_accumulator is -1; it must be finite and at least 0: use 0, or 0.1 as Keras 3 and TensorFlow do)");
  wrong("a box the wrong way round", "kind=none,lower=-inf,upper=inf", "kind=box,lower=0x1p+0,upper=-0x1p+0",
        R"(parameter "w": constraint: the box's lower bound 1 is above its upper bound -1: swap them)");
  wrong(
      "a bound that its kind does not look at", "lower=-inf", "lower=0x0p+0",
      R"(parameter "w": constraint.lower is 0, which its kind does not look at: make it with non_negative(), box(), max_norm(), unit_norm() or min_max_norm())");
  wrong(
      "a norm over an axis that is not there", "kind=none,lower=-inf", "kind=unit_norm,lower=-inf",
      R"(parameter "w": constraint: a norm is taken over axes of a shape, and the parameter has none: set parameter_options::shape, for example {rows, columns})");
  wrong(
      "a shape of other elements", "shape=[]", "shape=[2,2]",
      R"(parameter "w": shape is {2, 2}, which is 4 elements in place of 3: give the sizes of its axes, slowest first, or leave it empty)");
  wrong(
      "a shape that wraps", "shape=[]", "shape=[4294967296,4294967296,3]",
      R"(parameter "w": shape is {4294967296, 4294967296, 3}, which is more than memory can hold in place of 3: give the sizes of its axes, slowest first, or leave it empty)");
  wrong("an average that is not kept, but written back", "overwrite_every=0", "overwrite_every=3",
        R"(parameter "w": average.overwrite_every is 3, but average.enabled is false: enable it, or leave overwrite_every 0)");
  wrong("a momentum of 2", "momentum=0x1.fae147ae147aep-1", "momentum=0x1p+1",
        R"(parameter "w": average.momentum is 2; it must be in [0, 1]: use 0.99)");
}

}  // namespace adagrad::test
