#!/usr/bin/env node
// Beside what is built, so that it can be linked before anything is.
import '../dist/main.js';
