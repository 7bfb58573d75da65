#!/usr/bin/env -S node --disable-warning=ExperimentalWarning --max-semi-space-size=64
// Beside what is built, so that it can be linked before anything is.
import '../dist/main.js';
