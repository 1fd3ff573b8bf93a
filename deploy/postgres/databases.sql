-- Run once, when the volume is new.
CREATE DATABASE read_models;
CREATE DATABASE vault;
