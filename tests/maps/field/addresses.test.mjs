import assert from "node:assert/strict";
import { test } from "node:test";

import { AddressList, plain } from "../../../maps/spatialgov_maps/static/field/addresses.mjs";

const list = new AddressList([
  ["望桥路", [["1号", "1幢", 1, 1], ["1号", "2号楼", 1, 2], ["12号", "", 1, 3], ["100弄5号", "", 1, 4], ["3号", "综合楼", 1, 5]]],
  ["望桥路东巷", [["1号", "", 2, 1]]],
  ["第二大街", [["12甲号", "A座", 3, 1]]],
]);

const found = (typed) => list.search(typed).map(({ text }) => text);

test("the beginning of a street offers its addresses, and all of it the better ones", () => {
  assert.deepEqual(found("望桥路东"), ["望桥路东巷1号"]);
  assert.equal(found("望桥")[0], "望桥路1号1幢");
  assert.equal(found("望桥").length, 6);
  assert.equal(list.size, 7);
});

test("a number narrows, first as it is being typed, then as a whole", () => {
  assert.deepEqual(found("望桥路1"), ["望桥路1号1幢", "望桥路1号2号楼", "望桥路12号", "望桥路100弄5号"]);
  assert.deepEqual(found("望桥路1号"), ["望桥路1号1幢", "望桥路1号2号楼"]);
  assert.deepEqual(found("望桥路一号2幢"), ["望桥路1号2号楼"]);
  assert.deepEqual(found("古城街道望桥路 1 号２栋3单元402室"), ["望桥路1号2号楼"]);
  assert.deepEqual(found("望桥路3号综合楼"), ["望桥路3号综合楼"]);
  assert.deepEqual(found("望桥路100弄5号"), ["望桥路100弄5号"]);
});

test("spellings that are one", () => {
  assert.equal(plain("第二大街"), plain("第2大街"));
  assert.equal(plain("一百二十三號"), "123号");
  assert.equal(plain("1、3号"), "1、3号");
  assert.deepEqual(found("第2大街12甲號a座"), ["第二大街12甲号A座"]);
});

test("nothing is found where nothing is", () => {
  for (const typed of ["", " ", "人民路1号", "望桥路77号", "1"]) assert.deepEqual(found(typed), [], typed);
});
