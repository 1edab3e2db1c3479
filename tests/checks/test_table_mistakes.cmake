# The check of the tables is itself checked: of a small README with one mistake of each kind, every one
# is named, and nothing that is right.
cmake_minimum_required(VERSION 3.22)

file(REMOVE_RECURSE "${WORK}")
file(WRITE "${WORK}/tests/README.md" [==[
In prose: `broken_test` "also here".

| 1 | what | `broken_test` "a title over two lines", "a title \| with a bar", "it says \x" |
| 2 | what | `gone_test` "anything" |
| 4 | what | not for this system |
| 3 | what | ours |
| W-1 | what | `twin_test` "one", `one/twin_test` "one", "no file before" |

## What the references' own tests check of the HTTP interface

| A1 | what | `one/twin_test` "one" |
| A3 | what | ours: otherwise |
| A2 | what | `one/twin_test` "two" |
| A2 | what | `one/twin_test` "one" |
| S5 | what | not for this system |
| 5 | what | ours |

## Others

| A4 | what | elsewhere |

## Cases by their ids

| C01-C03, F08 | what | `one/twin_test` "one" |
| C05 | what | ours |
]==])
file(WRITE "${WORK}/tests/unit/broken_test.cpp" [==[
TEST_CASE("a title "
          "over two lines",
          "[tag]") {}
TEST_CASE("a title | with a bar", "[tag]") {}
TEST_CASE("it says \\x") {}
]==])
file(WRITE "${WORK}/tests/one/twin_test.cpp" "TEST_CASE(\"one\", \"[tag]\") {}\n")
file(WRITE "${WORK}/apps/two/twin_test.cpp" "TEST_CASE(\"one\", \"[tag]\") {}\n")

execute_process(COMMAND python3 "${CHECK}" "${WORK}" RESULT_VARIABLE result OUTPUT_VARIABLE output)
if(NOT result EQUAL 1)
  message(FATAL_ERROR "a README full of mistakes passed, or was not read: ${result}")
endif()
foreach(expected IN ITEMS
    "line 1: broken_test: no test case \"also here\"" "line 4: gone_test: no such file"
    "line 4: gone_test: no test case \"anything\"" "line 6: check 3 names no test"
    "line 7: twin_test: several files of that name"
    "line 7: one/twin_test: no test case \"no file before\""
    "in order, each once: [1, 2, 4, 3], missing are [5, 6,"
    "line 12: check A3 names no test" "line 13: one/twin_test: no test case \"two\""
    "in order, each once: ['A1', 'A3', 'A2', 'A2', 'S5'], missing are ['A4', 'A5',"
    "line 25: check C05 names no test" "['C01', 'C02', 'C03', 'C05'], missing are ['C04', 'C06',")
  string(FIND "${output}" "${expected}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "not reported: ${expected}\n${output}")
  endif()
endforeach()
foreach(right IN ITEMS "over two lines" "with a bar" "it says" "line 5" "one/twin_test: no test case \"one\""
    "line 11" "line 14" "line 15" "line 16" "line 20" "line 24" "F08")
  string(FIND "${output}" "${right}" position)
  if(NOT position EQUAL -1)
    message(FATAL_ERROR "wrongly reported: ${right}\n${output}")
  endif()
endforeach()
