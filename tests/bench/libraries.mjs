// The contestants from npm: ConvNetJS, and TensorFlow.js on its cpu and wasm back ends.
//
// Each makes of a line what its users would; what it cannot do is an error that says why.

// --- ConvNetJS: an example at a time, in float64 ------------------------------------------------------------------------

export const convnet = (convnetjs) => (line, data, batches) => {
  if (line.optimizer === "Adam") throw new Error("has no Adam");
  const [width, height, depth] = line.example.length === 1 ? [1, 1, ...line.example] : line.example;
  const activation = line.activation.toLowerCase();
  const layers = line.layers.slice(0, -1).map(({ kind, outputs }) => {
    if (kind === "pooling") return { type: "pool", sx: line.pool, stride: line.pool };
    if (kind === "dense") return { type: "fc", num_neurons: outputs, activation };
    return { type: "conv", sx: line.filter, filters: outputs, stride: 1, pad: line.filter >> 1, activation };
  });
  const { outputs } = line.layers.at(-1);
  // These bring the last dense layer with them.
  const end =
    line.task === "cross-entropy"
      ? { type: "softmax", num_classes: outputs }
      : { type: "regression", num_neurons: outputs };
  const net = new convnetjs.Net();
  net.makeLayers([{ type: "input", out_sx: width, out_sy: height, out_depth: depth }, ...layers, end]);

  // A filter, or a unit, is a volume of its own.
  const trained = net.layers.filter(({ filters }) => filters);
  trained.forEach(({ filters, biases }, i) => {
    const [weights, first] = [data.parameters[2 * i].values, data.parameters[2 * i + 1].values];
    filters.forEach(({ w }, unit) => w.forEach((_, k) => (w[k] = weights[k * filters.length + unit])));
    biases.w.set(first);
  });

  // Of squared errors it takes half the gradient and reports twice the loss.
  const [rateScale, lossScale] = line.task === "squares" ? [2, 1 / 2] : [1, 1];
  const trainer = new convnetjs.Trainer(net, {
    method: "sgd",
    learning_rate: rateScale * line.learningRate,
    momentum: line.optimizer === "Momentum" ? line.momentum : 0,
    batch_size: line.batch,
    l2_decay: 0,
  });
  const volume = new convnetjs.Vol(width, height, depth, 0);
  const size = volume.w.length;
  let result = 0;
  const predict = () => {
    result = 0;
    for (let i = 0; i < line.batch; i++) {
      volume.w.set(data.features.subarray(i * size, (i + 1) * size));
      result += net.forward(volume).w[0];
    }
  };
  const learn = () => {
    result = 0;
    const { features, labels } = batches.next();
    for (let i = 0; i < line.batch; i++) {
      volume.w.set(features.subarray(i * size, (i + 1) * size));
      const label = labels.subarray(i * outputs, (i + 1) * outputs);
      const target = line.task === "squares" ? Array.from(label) : label.indexOf(1);
      result += lossScale * trainer.train(volume, target).loss;
    }
  };
  return {
    run(times) {
      for (let i = 0; i < times; i++) line.task === "forward" ? predict() : learn();
    },
    value: () => result / line.batch,
    close() {},
  };
};

// --- TensorFlow.js ------------------------------------------------------------------------------------------------------

export const tensorflow = (tf, backend) => async (line, data, batches) => {
  tf.enableProdMode();
  // There is one back end at a time; it changes whenever another contestant's turn comes.
  await tf.setBackend(backend);
  const shaped = (values, shape) => tf.tensor(values, [values.length / shape.reduce((a, b) => a * b), ...shape]);
  const variables = data.parameters.map(({ values, shape }) => tf.variable(tf.tensor(values, shape)));
  const outputs = [line.layers.at(-1).outputs];

  const logits = (features) => {
    let next = 0;
    let x = features;
    for (const { kind, activated } of line.layers) {
      if (kind === "pooling") {
        x = tf.maxPool(x, line.pool, line.pool, "same");
        continue;
      }
      const [weights, biases] = [variables[next++], variables[next++]];
      if (kind === "convolution") x = tf.conv2d(x, weights, 1, "same");
      else x = tf.matMul(x.rank === 2 ? x : tf.reshape(x, [-1, weights.shape[0]]), weights);
      x = tf.add(x, biases);
      if (activated) x = line.activation === "Tanh" ? tf.tanh(x) : tf.relu(x);
    }
    return x;
  };
  const lossOf = (features, labels) =>
    line.task === "squares"
      ? tf.mean(tf.square(tf.sub(logits(features), labels)))
      : tf.losses.softmaxCrossEntropy(labels, logits(features));
  const optimizer = {
    GradientDescent: () => tf.train.sgd(line.learningRate),
    Momentum: () => tf.train.momentum(line.learningRate, line.momentum),
    Adam: () => tf.train.adam(line.learningRate, line.beta1, line.beta2, line.epsilon),
  }[line.optimizer]();

  const grid = line.task === "forward" && shaped(data.features, line.example);
  const step = () => {
    if (grid) return logits(grid);
    const { features, labels } = batches.next();
    const [x, y] = [shaped(features, line.example), shaped(labels, outputs)];
    return optimizer.minimize(() => lossOf(x, y), true, variables);
  };
  let result;
  return {
    async run(times) {
      await tf.setBackend(backend);
      for (let i = 0; i < times; i++) {
        result?.dispose();
        result = tf.tidy(step);
      }
    },
    async value() {
      await tf.setBackend(backend);
      return tf.tidy(() => tf.mean(result).dataSync()[0]);
    },
    async close() {
      await tf.setBackend(backend);
      for (const tensor of [result, grid, ...variables]) tensor && tensor.dispose();
      optimizer.dispose();
    },
  };
};
