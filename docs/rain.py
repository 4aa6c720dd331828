# SPDX-License-Identifier: MIT
"""Give Rain.txt a second name, and look at both."""

import os

import nlink

with open("./Rain.txt", "w") as rain:
    rain.write("It rains.\n")

nlink.link("./Rain.txt", "RainLink")

print("The directory holds", sorted(os.listdir(".")))
for entry in nlink.listing("."):
    print(entry.name, "is a file with", entry.stat.link_count, "names" if entry.stat.link_count > 1 else "name")

with open("RainLink") as rain:
    print("RainLink says:", rain.read().strip())
