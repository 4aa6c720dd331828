/*
 * drive.c - a main for fuzz targets where the compiler brings no fuzzer
 *
 *   drive RUNS SEED WORD...
 *
 * Feeds RUNS inputs that are made of the WORDs, of parts of them and of random bytes; the same inputs for the
 * same SEED on every machine. A WORD @PATH is a file: where there are such, an input is one of them, changed in places.
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

/* An input of words, in memory of its exact size, for the sanitizers. */
static uint8_t *make_words(size_t *size, char *const *words, uint32_t count, uint64_t *state) {
  uint8_t data[512];
  *size = 0;
  data[(*size)++] = (uint8_t)draw(state, 256);
  for (uint32_t pieces = draw(state, 12); pieces > 0; pieces--)
    *size += add_piece(data + *size, sizeof data - *size, words, count, state);
  uint8_t *input = malloc(*size);
  if (input != NULL)
    memcpy(input, data, *size);
  return input;
}

/* A file as it is, or cut; then some of its bytes, or of its numbers of 32 bits, are others. */
static uint8_t *make_changed(size_t *size, const char *path, uint64_t *state) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0)
    return NULL;
  size_t length = (size_t)ftell(file);
  uint8_t *input = malloc(length > 0 ? length : 1);
  rewind(file);
  if (input == NULL || fread(input, 1, length, file) != length)
    return NULL;
  fclose(file);
  if (draw(state, 8) == 0)
    length = draw(state, (uint32_t)length + 1);
  for (uint32_t changes = draw(state, 4); changes > 0 && length > 4; changes--) {
    size_t at = draw(state, (uint32_t)length - 4);
    uint32_t value = draw(state, 4) == 0 ? UINT32_MAX - draw(state, 3) : draw(state, 20);
    if (draw(state, 2) == 0)
      memcpy(input + at, &value, sizeof value);
    else
      input[at] = (uint8_t)draw(state, 256);
  }
  *size = length;
  return input;
}

int main(int argc, char **argv) {
  if (argc < 3)
    return 2;
  unsigned long runs = strtoul(argv[1], NULL, 10);
  uint64_t state = 0x9e3779b97f4a7c15u ^ strtoull(argv[2], NULL, 10);
  uint32_t words = 0;
  while (words + 3 < (uint32_t)argc && argv[3 + words][0] != '@')
    words++;
  uint32_t files = (uint32_t)argc - 3 - words;
  for (unsigned long run = 0; run < runs; run++) {
    size_t size = 0;
    uint8_t *input = files == 0 ? make_words(&size, argv + 3, words, &state)
                                : make_changed(&size, argv[3 + words + draw(&state, files)] + 1, &state);
    if (input == NULL)
      return 1;
    LLVMFuzzerTestOneInput(input, size);
    free(input);
  }
  printf("%lu inputs\n", runs);
  return 0;
}
