/// The page's module as a native program: a question on each line of stdin, its answer on a line of
/// stdout.
#include <iostream>
#include <string>

#include "page/run_json.h"

int main() {
  for (std::string question; std::getline(std::cin, question);)
    std::cout << run_json(question) << std::endl;
}
