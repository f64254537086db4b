// The hostile checkpoints whose arrays are wrong, or do not go with what is said of them.
#pragma once

#include "support/hostile_checkpoints.hpp"

namespace adagrad::test {

inline void hostile_checkpoints::parameters() {
  no_tensor("no elements of a parameter", plain, "param/w", R"("state/w/accumulator" is an array of no parameter of the file)");
  no_tensor("no accumulators", plain, "state/w/accumulator", R"(it has no "state/w/accumulator", which its options ask for)");
  one_more("a parameter without a name", plain, "param/w", "param/",
           R"(its metadata has no "adagrad.parameter.options.": it was not written by adagrad::save, or not as a whole)");
  one_more("a parameter without options", plain, "param/w", "param/x",
           R"(its metadata has no "adagrad.parameter.options.x": it was not written by adagrad::save, or not as a whole)");
  one_more("a state of no parameter", plain, "state/w/accumulator", "state/x/accumulator",
           R"("state/x/accumulator" is an array of no parameter of the file)");
  one_more("an array of no known kind", plain, "state/w/accumulator", "state/w/velocity",
           R"("state/w/velocity" is an array of no parameter of the file)");
  one_more("an array apart from all others", plain, "param/w", "w", R"("w" is an array of no parameter of the file)");
  one_more("sums of gradients without dual averaging", plain, "param/w", "state/w/gradient_sum",
           R"(it has "state/w/gradient_sum", which its options do not ask for)");
  one_more("an average where none is kept", plain, "param/w", "state/w/average",
           R"(it has "state/w/average", which its options do not ask for)");
  one_more("pending gradients without a window", plain, "param/w", "state/w/pending_gradient",
           R"(it has "state/w/pending_gradient", which its options do not ask for)");
  one_more("row counts of an array", plain, "param/w", "state/w/row_count",
           R"(it has "state/w/row_count", which its options do not ask for)");
  no_tensor("no sums of gradients", arrays_kind, "state/d/gradient_sum", R"(it has no "state/d/gradient_sum", which its options ask for)");
  piece("dual averaging without sums", plain, "adagrad.parameter.options.w", "mirror_descent", "dual_averaging",
        R"(it has no "state/w/gradient_sum", which its options ask for)");
  tensor(
      "a parameter of whole numbers", plain, "param/w", [](opened_tensor& t) { t.type = checkpoint::element::u64, reshape(t, {3}); },
      R"("param/w" is U64: parameters are F32 or F64)");
  add(
      "an array where a table is", tables,
      [](opened_file& f) {
        f.metadata.erase("adagrad.parameter.rows.counts"),
            std::erase_if(f.tensors, [](const opened_tensor& t) { return t.name == "state/counts/row_count"; });
        f.metadata.erase("adagrad.digest.state/counts/row_count");
      },
      "it does not fit this optimizer:\n  parameter \"counts\" is an array in the file, a table here");
  add(
      "a table where an array is", plain,
      [](opened_file& f) {
        f.metadata["adagrad.parameter.rows.w"] =
            "(accumulators=elementwise,duplicates=sum,padding_index=none,group_lasso=0x0p+0,lazy=none,counter_halflife=0x0p+0)";
      },
      "it does not fit this optimizer:\n  parameter \"w\" is a table in the file, an array here");
}

inline void hostile_checkpoints::arrays() {
  tensor(
      "accumulators of another type", plain, "state/w/accumulator",
      [](opened_tensor& t) { t.type = checkpoint::element::f64, reshape(t, {3}); },
      R"("state/w/accumulator" is F64, and must be F32 to go with its parameter)");
  tensor(
      "fewer accumulators than elements", plain, "state/w/accumulator", [](opened_tensor& t) { reshape(t, {2}); },
      R"("state/w/accumulator" has the shape [2], and must have [3] to go with its parameter)");
  tensor(
      "no elements in an average", arrays_kind, "state/m/average", [](opened_tensor& t) { reshape(t, {0}); },
      R"("state/m/average" has the shape [0], and must have [2, 2] to go with its parameter)");
  tensor(
      "an average of another shape", arrays_kind, "state/m/average", [](opened_tensor& t) { reshape(t, {4}); },
      R"("state/m/average" has the shape [4], and must have [2, 2] to go with its parameter)");
  tensor(
      "pending gradients, cut short", arrays_kind, "state/w/pending_gradient", [](opened_tensor& t) { reshape(t, {1}); },
      R"("state/w/pending_gradient" has the shape [1], and must have [3] to go with its parameter)");
  tensor(
      "sums of another type", arrays_kind, "state/d/gradient_sum",
      [](opened_tensor& t) { t.type = checkpoint::element::f64, reshape(t, {3}); },
      R"("state/d/gradient_sum" is F64, and must be F32 to go with its parameter)");
  add(
      "a parameter with other elements", plain,
      [](opened_file& f) { reshape(f.tensor("param/w"), {4}), reshape(f.tensor("state/w/accumulator"), {4}); },
      "it does not fit this optimizer:\n  parameter \"w\": \"param/w\" has the shape [4] in the file, [3] here");
  add(
      "a parameter of another type", plain,
      [](opened_file& f) {
        for (const char* const name : {"param/w", "state/w/accumulator"})
          f.tensor(name).type = checkpoint::element::f64, reshape(f.tensor(name), {3});
        f.tensor("state/w/accumulator").bytes.assign(24, '\0');
      },
      "it does not fit this optimizer:\n  parameter \"w\": \"param/w\" is F64 in the file, F32 here");
  add(
      "an average of no elements, where there was none", plain,
      [](opened_file& f) {
        replace(f.metadata["adagrad.parameter.options.w"], "enabled=false", "enabled=true");
        f.tensors.push_back({"state/w/average", checkpoint::element::f32, {0}, ""});
      },
      R"("state/w/average" has the shape [0], and must have [3] to go with its parameter)");
  element("an accumulator below 0", plain, "state/w/accumulator", 2, -1e-30f,
          R"("state/w/accumulator"[2], byte 4756 of the file, is -0x1.4484cp-100: a sum of squares is at least 0)");
  element("an accumulator that is -inf", plain, "state/m/accumulator", 3, -infinity,
          R"("state/m/accumulator"[3], byte 4816 of the file, is -inf: a sum of squares is at least 0)");
}

inline void hostile_checkpoints::rows() {
  const std::string rows = "adagrad.parameter.rows.l1", owed = "adagrad.parameter.owed.l1";
  no_string("no debt of a lazy table", tables, owed,
            R"(its metadata has no "adagrad.parameter.owed.l1": it was not written by adagrad::save, or not as a whole)");
  string("a debt below 0", tables, owed, "-0x1p+0", R"(rows of "l1" owe -0x1p+0, which must be at least 0)");
  string("a debt that is NaN", tables, owed, "nan", R"(rows of "l1" owe nan, which must be at least 0)");
  string("a debt that is no number", tables, owed, "much",
         R"("adagrad.parameter.owed.l1" of its metadata, byte 0: "0x" belongs here: there is "much")");
  string("a debt above 0, of factors", tables, "adagrad.parameter.owed.decay", "0x1p+0",
         R"(rows of "decay" owe 0x1p+0, which must be at most 0)");
  string("a debt of a table that is not lazy", tables, "adagrad.parameter.owed.counts", "0x0p+0",
         R"(the metadata "adagrad.parameter.owed.counts" is of nothing that the file has)");
  string("a debt of an array", plain, "adagrad.parameter.owed.w", "0x0p+0",
         R"(the metadata "adagrad.parameter.owed.w" is of nothing that the file has)");
  string("a debt of nothing that was paid", tables, owed, "0x0p+0",
         R"("state/l1/row_payment"[2], byte 5492 of the file, is 0x1p+1: a row has paid something from 0 to all that is owed)");
  element("a payment beyond the debt", tables, "state/l1/row_payment", 0, 2.5,
          R"("state/l1/row_payment"[0], byte 5476 of the file, is 0x1.4p+1: a row has paid something from 0 to all that is owed)");
  element("a payment below 0", one_rate, "state/l2/row_payment", 1, -1.0,
          R"("state/l2/row_payment"[1], byte 4920 of the file, is -0x1p+0: a row has paid something from 0 to all that is owed)");
  element("a payment that is NaN", one_rate, "state/net/row_payment", 1, nan,
          R"("state/net/row_payment"[1], byte 5040 of the file, is nan: a row has paid something from 0 to all that is owed)");
  element("a payment of factors beyond the debt", tables, "state/decay/row_payment", 0, -1.0,
          R"("state/decay/row_payment"[0], byte 5668 of the file, is -0x1p+0: a row has paid something from 0 to all that is owed)");
  no_tensor("no payments", tables, "state/l1/row_payment", R"(it has no "state/l1/row_payment", which its options ask for)");
  no_tensor("no row counts", tables, "state/counts/row_count", R"(it has no "state/counts/row_count", which its options ask for)");
  tensor(
      "a row count too few", tables, "state/counts/row_count", [](opened_tensor& t) { reshape(t, {2}); },
      R"("state/counts/row_count" has the shape [2], and must have [3] to go with its parameter)");
  tensor(
      "row counts that are no whole numbers", tables, "state/counts/row_count", [](opened_tensor& t) { t.type = checkpoint::element::f64; },
      R"("state/counts/row_count" is F64, and must be U64 to go with its parameter)");
  tensor(
      "payments of another type", tables, "state/l1/row_payment", [](opened_tensor& t) { t.type = checkpoint::element::u64; },
      R"("state/l1/row_payment" is U64, and must be F64 to go with its parameter)");
  tensor(
      "a payment too many", tables, "state/l1/row_payment", [](opened_tensor& t) { reshape(t, {4}); },
      R"("state/l1/row_payment" has the shape [4], and must have [3] to go with its parameter)");
  tensor(
      "accumulators of elements where rows have one", tables, "state/l1/accumulator",
      [](opened_tensor& t) {
        reshape(t, {3, 2});
      },
      R"("state/l1/accumulator" has the shape [3, 2], and must have [3] to go with its parameter)");
  tensor(
      "accumulators of rows where elements have theirs", one_rate, "state/l2/accumulator", [](opened_tensor& t) { reshape(t, {3}); },
      R"("state/l2/accumulator" has the shape [3], and must have [3, 2] to go with its parameter)");
  tensor(
      "a table of three axes", tables, "param/l1",
      [](opened_tensor& t) {
        reshape(t, {3, 2, 1});
      },
      R"("param/l1" has 3 axes: a table has rows, and perhaps columns)");
  tensor(
      "a table without axes", tables, "param/l1", [](opened_tensor& t) { reshape(t, {}); },
      R"("param/l1" has 0 axes: a table has rows, and perhaps columns)");
  add(
      "a table on its side", one_rate,
      [](opened_file& f) {
        reshape(f.tensor("param/l2"), {2, 3}), reshape(f.tensor("state/l2/accumulator"), {2, 3}),
            reshape(f.tensor("state/l2/row_payment"), {2});
      },
      "it does not fit this optimizer:\n  parameter \"l2\": \"param/l2\" has the shape [2, 3] in the file, [3, 2] here");
  add(
      "a table with another number of rows", tables,
      [](opened_file& f) {
        for (const char* const name : {"param/counts", "state/counts/accumulator"}) reshape(f.tensor(name), {2, 2});
        reshape(f.tensor("state/counts/row_count"), {2});
      },
      "it does not fit this optimizer:\n  parameter \"counts\": \"param/counts\" has the shape [2, 2] in the file, [3, 2] here");
  piece("another padding row", tables, "adagrad.parameter.rows.counts", "padding_index=1", "padding_index=2",
        "it does not fit this optimizer:\n  parameter \"counts\".padding_index is 2 in the file, 1 here");
  piece("a padding row beyond int64", tables, "adagrad.parameter.rows.counts", "padding_index=1", "padding_index=9223372036854775808",
        R"("adagrad.parameter.rows.counts" of its metadata, byte 55: a number is out of range: there is "9223372036854775808,grou")");
  piece("a lazy term of another kind", one_rate, "adagrad.parameter.rows.l2", "lazy=l2", "lazy=elastic_net",
        "it does not fit this optimizer:\n  parameter \"l2\".lazy is elastic_net in the file, l2 here");
  piece("a lazy term that the rule does not have", tables, "adagrad.parameter.options.l1", "proximal_l1=0x1p-3", "proximal_l1=0x0p+0",
        R"(parameter "l1": lazy is l1, but proximal_l1 is 0: set it, or leave lazy at none)");
  piece("an average of a table", tables, "adagrad.parameter.options.l1", "enabled=false", "enabled=true",
        R"(parameter "l1": average.enabled is set, but a moving average changes every row at each step: tables have none, leave it false)");
  piece("dual averaging of a table", tables, "adagrad.parameter.options.counts", "mirror_descent", "dual_averaging",
        R"(it has no "state/counts/gradient_sum", which its options ask for)");
  piece(
      "a window for tables", tables, "adagrad.options", "calls=1,", "calls=2,",
      R"(parameter "l1": accumulation.calls is 2, but gradients of rows cannot be kept for a later call: use 1, or pass the rows of all calls at once)");
  add(
      "a schedule where debts need a number", one_rate,
      [](opened_file& f) {
        for (const char* const key :
             {"adagrad.learning_rate", "adagrad.options", "adagrad.parameter.learning_rate.l2", "adagrad.parameter.learning_rate.w"})
          replace(f.metadata[key], "0x1.47ae147ae147bp-7", "inverse_time(learning_rate=0x1p-3,decay=0x0p+0,form=quotient)");
      },
      R"(parameter "l2": lazy is l2, which needs a learning rate that is a number, not a schedule: what rows owe could not be summed up otherwise)");
}

}  // namespace adagrad::test
