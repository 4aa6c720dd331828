/*
 * ls_time.c - times as `ls -l` writes them
 *
 * Asking the system for local time a hundred thousand times would cost more than all else that is written.
 * How far local time is from UTC is the same all through nearly every day, so it is asked at both ends of a
 * day and remembered; the calendar is worked out here, once a day too.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ls.h"

#include "units.h"

#include <string.h>

enum { DAY_S = 86400 };

/* Half of the mean year of the Gregorian calendar. */
static const int64_t half_year_ns = INT64_C(31556952) / 2 * 1000000000;

static int64_t floor_divide(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

struct date {
  int64_t year;
  unsigned month; /* 0 to 11 */
  unsigned day;   /* 1 to 31 */
};

/* Days since 1970-01-01 as a date. Years are counted from March here, so that the leap day comes last. */
static struct date date_of(int64_t days) {
  int64_t since_0 = days + 719468; /* since 0000-03-01 */
  int64_t era = floor_divide(since_0, 146097);
  int64_t in_era = since_0 - era * 146097;
  int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
  int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
  unsigned month = (unsigned)((5 * in_year + 2) / 153); /* 0 = March */
  struct date date;
  date.day = (unsigned)(in_year - (153 * (int64_t)month + 2) / 5) + 1;
  date.month = (month + 2) % 12;
  date.year = year + era * 400 + (month >= 10);
  return date;
}

static int64_t days_of(int64_t year, unsigned month, unsigned day) {
  int64_t from_march = year - (month < 2);
  int64_t era = floor_divide(from_march, 400);
  int64_t in_era = from_march - era * 400;
  int64_t in_year = (153 * (int64_t)((month + 10) % 12) + 2) / 5 + day - 1;
  return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

/* How far local time is from UTC at an instant; 0 where the system does not know. */
static int64_t offset_at(int64_t time_s) {
  struct tm local;
  if (time_s > INT64_MAX / 1000000000 || time_s < INT64_MIN / 1000000000 ||
      !sys_local_time(time_s * 1000000000, &local))
    return 0;
  int64_t days = days_of((int64_t)local.tm_year + 1900, (unsigned)local.tm_mon, (unsigned)local.tm_mday);
  return days * DAY_S + (int64_t)local.tm_hour * 3600 + (int64_t)local.tm_min * 60 + local.tm_sec - time_s;
}

static int64_t offset_of(struct ls *ls, int64_t time_s) {
  int64_t day = floor_divide(time_s, DAY_S);
  struct ls_day *slot = &ls->days[(uint64_t)day % LS_DAY_SLOTS];
  if (slot->state == LS_DAY_EMPTY || slot->day != day) {
    slot->day = day;
    slot->offset_s = offset_at(day * DAY_S);
    slot->state = offset_at(day * DAY_S + DAY_S - 1) == slot->offset_s ? LS_DAY_EVEN : LS_DAY_UNEVEN;
  }
  return slot->state == LS_DAY_EVEN ? slot->offset_s : offset_at(time_s);
}

static void put_two(char *text, unsigned number, char fill) {
  text[0] = number < 10 ? fill : (char)('0' + number / 10);
  text[1] = (char)('0' + number % 10);
}

/* As "%5d" writes it. */
static size_t put_year(char *text, int64_t year) {
  uint64_t left = year < 0 ? (uint64_t)-year : (uint64_t)year;
  size_t length = units_digits(left) + (year < 0);
  length = length < 5 ? 5 : length;
  memset(text, ' ', length);
  size_t at = length;
  do {
    text[--at] = (char)('0' + left % 10);
    left /= 10;
  } while (left > 0);
  if (year < 0)
    text[--at] = '-';
  return length;
}

static const struct ls_date *date_text(struct ls *ls, int64_t day) {
  static const char months[12][4] = {"Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ",
                                     "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec "};
  struct ls_date *slot = &ls->dates[(uint64_t)day % LS_DAY_SLOTS];
  if (slot->year_length == 0 || slot->day != day) {
    struct date date = date_of(day);
    memcpy(slot->text, months[date.month], 4);
    put_two(slot->text + 4, date.day, ' ');
    slot->text[6] = ' ';
    slot->year_length = (unsigned char)put_year(slot->text + 7, date.year);
    slot->day = day;
  }
  return slot;
}

size_t ls_time(struct ls *ls, char text[LS_TIME_SIZE], int64_t time_ns) {
  if (time_ns == NLINK_TIME_UNKNOWN) {
    memcpy(text, "           ?", 12);
    return 12;
  }
  int64_t time_s = floor_divide(time_ns, 1000000000);
  int64_t local_s = time_s + offset_of(ls, time_s);
  int64_t day = floor_divide(local_s, DAY_S);
  const struct ls_date *date = date_text(ls, day);
  if (time_ns >= ls->now_ns || time_ns <= ls->now_ns - half_year_ns) {
    memcpy(text, date->text, 7 + (size_t)date->year_length);
    return 7 + (size_t)date->year_length;
  }
  memcpy(text, date->text, 7);
  unsigned minute = (unsigned)((local_s - day * DAY_S) / 60);
  put_two(text + 7, minute / 60, '0');
  text[9] = ':';
  put_two(text + 10, minute % 60, '0');
  return 12;
}
