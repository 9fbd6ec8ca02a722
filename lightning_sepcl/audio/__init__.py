"""Sound as arrays and tensors: levels, resampling, framing, mel bands, files. Import the module that is needed."""
