// A contestant: the nets in plain JavaScript on typed arrays, as one would write them without any library.
//
// The product goes tile by tile, so that each number that is loaded meets several others, and the sums stay in registers.

// Adds x y to out (rows by columns). Elements of x are `xRow` apart from row to row and `xStep` along the sums, those of y
// `yStep` along the sums and `yColumn` from column to column: so either may be transposed.
function addProduct(out, x, xRow, xStep, y, yStep, yColumn, rows, depth, columns) {
  const wholeRows = rows - (rows % 2);
  const wholeColumns = columns - (columns % 4);
  for (let i = 0; i < wholeRows; i += 2)
    for (let j = 0; j < wholeColumns; j += 4) {
      let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
      let p = i * xRow;
      let q = j * yColumn;
      for (let k = 0; k < depth; k++, p += xStep, q += yStep) {
        const a = x[p];
        const b = x[p + xRow];
        const y0 = y[q];
        const y1 = y[q + yColumn];
        const y2 = y[q + 2 * yColumn];
        const y3 = y[q + 3 * yColumn];
        a0 += a * y0;
        a1 += a * y1;
        a2 += a * y2;
        a3 += a * y3;
        b0 += b * y0;
        b1 += b * y1;
        b2 += b * y2;
        b3 += b * y3;
      }
      const at = i * columns + j;
      out[at] += a0;
      out[at + 1] += a1;
      out[at + 2] += a2;
      out[at + 3] += a3;
      out[at + columns] += b0;
      out[at + columns + 1] += b1;
      out[at + columns + 2] += b2;
      out[at + columns + 3] += b3;
    }
  // What no tile covers: the last columns, and the last row.
  for (let i = 0; i < rows; i++)
    for (let j = i < wholeRows ? wholeColumns : 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < depth; k++) sum += x[i * xRow + k * xStep] * y[k * yStep + j * yColumn];
      out[i * columns + j] += sum;
    }
}

// x (rows by depth) and y (depth by columns) as they are, one of them transposed, or the other.
const add = (out, x, y, rows, depth, columns) => addProduct(out, x, depth, 1, y, columns, 1, rows, depth, columns);
const addTransposedLeft = (out, x, y, rows, depth, columns) =>
  addProduct(out, x, 1, rows, y, columns, 1, rows, depth, columns);
const addTransposedRight = (out, x, y, rows, depth, columns) =>
  addProduct(out, x, depth, 1, y, 1, depth, rows, depth, columns);

// --- Layers: each keeps its outputs in `y`, and takes their gradient in `dy` ------------------------------------------

function activate(y, activation) {
  if (activation === "Tanh") for (let i = 0; i < y.length; i++) y[i] = Math.tanh(y[i]);
  else for (let i = 0; i < y.length; i++) if (y[i] < 0) y[i] = 0;
}

function deactivate(dy, y, activation) {
  if (activation === "Tanh") for (let i = 0; i < y.length; i++) dy[i] *= 1 - y[i] * y[i];
  else for (let i = 0; i < y.length; i++) if (y[i] <= 0) dy[i] = 0;
}

function spread(y, biases) {
  const width = biases.length;
  for (let at = 0; at < y.length; at += width) for (let j = 0; j < width; j++) y[at + j] = biases[j];
}

function gatherSums(sums, dy) {
  const width = sums.length;
  for (let at = 0; at < dy.length; at += width) for (let j = 0; j < width; j++) sums[j] += dy[at + j];
}

class Layer {
  constructor(batch, shape, activation, [weights, biases]) {
    this.batch = batch;
    this.shape = shape;
    this.activation = activation;
    const size = batch * shape.reduce((a, b) => a * b);
    this.y = new Float32Array(size);
    this.dy = new Float32Array(size);
    this.parameters = [weights, biases];
    this.gradients = this.parameters.map((parameter) => new Float32Array(parameter.length));
  }
  forward(x) {
    spread(this.y, this.parameters[1]);
    this.addProducts(x, this.parameters[0]);
    if (this.activation) activate(this.y, this.activation);
  }
  // dx: where the gradient of the inputs goes, unless nobody wants it.
  backward(x, dx) {
    if (this.activation) deactivate(this.dy, this.y, this.activation);
    for (const gradient of this.gradients) gradient.fill(0);
    gatherSums(this.gradients[1], this.dy);
    this.addGradient(x, this.gradients[0]);
    if (dx) this.setInputGradient(dx, this.parameters[0]);
  }
}

class Dense extends Layer {
  constructor(batch, inputs, outputs, activation, parameters) {
    super(batch, [outputs], activation, parameters);
    this.inputs = inputs;
    this.outputs = outputs;
  }
  addProducts(x, weights) {
    add(this.y, x, weights, this.batch, this.inputs, this.outputs);
  }
  addGradient(x, gradient) {
    addTransposedLeft(gradient, x, this.dy, this.inputs, this.batch, this.outputs);
  }
  setInputGradient(dx, weights) {
    dx.fill(0);
    addTransposedRight(dx, this.dy, weights, this.batch, this.outputs, this.inputs);
  }
}

// An image at a time: its patches are the rows of a matrix, and the filters the columns of another.
class Convolution extends Layer {
  constructor(batch, [height, width, inputs], filters, size, activation, parameters) {
    super(batch, [height, width, filters], activation, parameters);
    Object.assign(this, { height, width, inputs, filters, size });
    this.places = height * width;
    this.patch = size * size * inputs;
    this.patches = new Float32Array(this.places * this.patch);
    this.patchesGradient = new Float32Array(this.patches.length);
  }
  // Calls use(pixel, at, count) for every run of numbers that lie together in an image and in its matrix of patches.
  eachRun(use) {
    const { height, width, inputs, size } = this;
    const border = size >> 1;
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const first = Math.max(0, border - column);
        const count = (Math.min(size, width + border - column) - first) * inputs;
        for (let k = Math.max(0, border - row); k < Math.min(size, height + border - row); k++) {
          const pixel = ((row + k - border) * width + column + first - border) * inputs;
          use(pixel, (row * width + column) * this.patch + (k * size + first) * inputs, count);
        }
      }
  }
  // What lies outside the image stays 0.
  unfold(image) {
    const { patches } = this;
    this.eachRun((pixel, at, count) => {
      for (let i = 0; i < count; i++) patches[at + i] = image[pixel + i];
    });
  }
  *images(...arrays) {
    for (let i = 0; i < this.batch; i++)
      yield arrays.map((array) => array.subarray((i * array.length) / this.batch, ((i + 1) * array.length) / this.batch));
  }
  addProducts(x, weights) {
    for (const [image, y] of this.images(x, this.y)) {
      this.unfold(image);
      add(y, this.patches, weights, this.places, this.patch, this.filters);
    }
  }
  addGradient(x, gradient) {
    for (const [image, dy] of this.images(x, this.dy)) {
      this.unfold(image);
      addTransposedLeft(gradient, this.patches, dy, this.patch, this.places, this.filters);
    }
  }
  setInputGradient(dx, weights) {
    dx.fill(0);
    const patches = this.patchesGradient;
    for (const [image, dy] of this.images(dx, this.dy)) {
      patches.fill(0);
      addTransposedRight(patches, dy, weights, this.places, this.filters, this.patch);
      this.eachRun((pixel, at, count) => {
        for (let i = 0; i < count; i++) image[pixel + i] += patches[at + i];
      });
    }
  }
}

class Pooling {
  parameters = [];
  gradients = [];
  constructor(batch, [height, width, channels]) {
    this.shape = [height / 2, width / 2, channels];
    const size = (batch * height * width * channels) / 4;
    this.y = new Float32Array(size);
    this.dy = new Float32Array(size);
    this.chosen = new Int32Array(size);
    Object.assign(this, { rows: (batch * height) / 2, width, channels });
  }
  forward(x) {
    const { rows, width, channels, y, chosen } = this;
    let to = 0;
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < width; column += 2)
        for (let c = 0; c < channels; c++, to++) {
          let best = (2 * row * width + column) * channels + c;
          const below = best + width * channels;
          if (x[best + channels] > x[best]) best += channels;
          if (x[below] > x[best]) best = below;
          if (x[below + channels] > x[best]) best = below + channels;
          chosen[to] = best;
          y[to] = x[best];
        }
  }
  backward(_x, dx) {
    dx.fill(0);
    for (let i = 0; i < this.dy.length; i++) dx[this.chosen[i]] = this.dy[i];
  }
}

// --- Losses: leave the gradient in `dy` and give the loss -------------------------------------------------------------

function squares({ y, dy }, labels) {
  let loss = 0;
  for (let i = 0; i < y.length; i++) {
    const error = y[i] - labels[i];
    loss += error * error;
    dy[i] = (2 * error) / y.length;
  }
  return loss / y.length;
}

function crossEntropy({ y, dy, batch, outputs }, labels) {
  let loss = 0;
  for (let at = 0; at < y.length; at += outputs) {
    let most = y[at];
    for (let j = 1; j < outputs; j++) most = Math.max(most, y[at + j]);
    let sum = 0;
    for (let j = 0; j < outputs; j++) sum += dy[at + j] = Math.exp(y[at + j] - most);
    for (let j = 0; j < outputs; j++) {
      const label = labels[at + j];
      loss += label * (Math.log(sum) + most - y[at + j]);
      dy[at + j] = (dy[at + j] / sum - label) / batch;
    }
  }
  return loss / batch;
}

// --- Updates -----------------------------------------------------------------------------------------------------------

const rules = {
  GradientDescent:
    ({ learningRate }) =>
    (parameter, gradient) => {
      for (let i = 0; i < parameter.length; i++) parameter[i] -= learningRate * gradient[i];
    },
  Momentum({ learningRate, momentum }, size) {
    const sum = new Float32Array(size);
    return (parameter, gradient) => {
      for (let i = 0; i < parameter.length; i++) {
        sum[i] = momentum * sum[i] + gradient[i];
        parameter[i] -= learningRate * sum[i];
      }
    };
  },
  Adam({ learningRate, beta1, beta2, epsilon }, size) {
    const mean = new Float32Array(size);
    const square = new Float32Array(size);
    let power1 = 1;
    let power2 = 1;
    return (parameter, gradient) => {
      power1 *= beta1;
      power2 *= beta2;
      const rate = (learningRate * Math.sqrt(1 - power2)) / (1 - power1);
      for (let i = 0; i < parameter.length; i++) {
        const g = gradient[i];
        mean[i] += (1 - beta1) * (g - mean[i]);
        square[i] += (1 - beta2) * (g * g - square[i]);
        parameter[i] -= (rate * mean[i]) / (Math.sqrt(square[i]) + epsilon);
      }
    };
  },
};

// --- The net ----------------------------------------------------------------------------------------------------------

export function plain(line, data, batches) {
  const { batch } = line;
  let shape = line.example;
  const parameters = data.parameters.map(({ values }) => values.slice());
  const layers = line.layers.map(({ kind, outputs, activated }) => {
    const activation = activated && line.activation;
    const size = shape.reduce((a, b) => a * b);
    let layer;
    if (kind === "pooling") layer = new Pooling(batch, shape);
    else if (kind === "dense") layer = new Dense(batch, size, outputs, activation, parameters.splice(0, 2));
    else layer = new Convolution(batch, shape, outputs, line.filter, activation, parameters.splice(0, 2));
    shape = layer.shape;
    return layer;
  });
  const last = layers.at(-1);
  const updates = layers.flatMap((layer) =>
    layer.parameters.map((parameter, i) => {
      const update = rules[line.optimizer](line, parameter.length);
      return () => update(parameter, layer.gradients[i]);
    }),
  );
  const lossOf = line.task === "squares" ? squares : crossEntropy;
  let loss = 0;

  const forward = (features) => {
    let x = features;
    for (const layer of layers) {
      layer.forward(x);
      x = layer.y;
    }
  };
  return {
    run(times) {
      for (let i = 0; i < times; i++) {
        if (line.task === "forward") {
          forward(data.features);
          continue;
        }
        const { features, labels } = batches.next();
        forward(features);
        loss = lossOf(last, labels);
        for (let k = layers.length - 1; k >= 0; k--)
          layers[k].backward(k ? layers[k - 1].y : features, k ? layers[k - 1].dy : null);
        for (const update of updates) update();
      }
    },
    value: () => (line.task === "forward" ? last.y.reduce((a, b) => a + b) / last.y.length : loss),
    close() {},
  };
}
