/*
 * drive.c - a main for fuzz targets where the compiler brings no fuzzer
 *
 *   drive RUNS SEED WORD...
 *
 * Feeds RUNS inputs that are made of the WORDs, of parts of them and of random bytes; the same inputs for the
 * same SEED on every machine.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t draw(uint64_t *state, uint32_t below) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return (uint32_t)(*state >> 32) % below;
}

static size_t add_piece(uint8_t *data, size_t room, char *const *words, uint32_t count, uint64_t *state) {
  size_t length = 0;
  if (count > 0 && draw(state, 4) > 0) {
    const char *word = words[draw(state, count)];
    length = strlen(word);
    if (length > 0 && draw(state, 4) == 0)
      length = draw(state, (uint32_t)length + 1);
    length = length < room ? length : room;
    memcpy(data, word, length);
  } else {
    size_t wanted = 1 + draw(state, 8);
    for (; length < wanted && length < room; length++)
      data[length] = (uint8_t)draw(state, 256);
  }
  if (length < room && draw(state, 3) > 0)
    data[length++] = '\0';
  return length;
}

int main(int argc, char **argv) {
  if (argc < 3)
    return 2;
  unsigned long runs = strtoul(argv[1], NULL, 10);
  uint64_t state = 0x9e3779b97f4a7c15u ^ strtoull(argv[2], NULL, 10);
  for (unsigned long run = 0; run < runs; run++) {
    uint8_t data[512];
    size_t size = 0;
    data[size++] = (uint8_t)draw(&state, 256);
    for (uint32_t pieces = draw(&state, 12); pieces > 0; pieces--)
      size += add_piece(data + size, sizeof data - size, argv + 3, (uint32_t)argc - 3, &state);
    uint8_t *input = malloc(size); /* of its exact size, for the sanitizers */
    if (input == NULL)
      return 1;
    memcpy(input, data, size);
    LLVMFuzzerTestOneInput(input, size);
    free(input);
  }
  printf("%lu inputs\n", runs);
  return 0;
}
