#!/usr/bin/env node
// Node 22 and later keep compiled code between starts; Node 20 has no such call.
import module from 'node:module';

module.enableCompileCache?.();
await import('../dist/main.js');
