"""Train a 2-2-1 network by gradient descent with NumPy alone.

Written by symderiv from a symbolic derivation; the file is yours to use. Each line of the backward
pass names the equation of the slides that it computes, as in (B1). Samples are rows:

    X   (N, 2)   inputs
    Y   (N, 1)   labels
    W1  (2, 2)
    b1  (2,)
    W2  (2, 1)
    b2  (1,)
"""

import numpy as np

PARAMETERS = ("W1", "b1", "W2", "b2")

# the training data
X = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def init_params(seed=1):
    """Return weights from the standard normal distribution and zero biases, as a dict of arrays."""
    generator = np.random.default_rng(seed)
    return {
        "W1": generator.normal(size=(2, 2)),
        "b1": np.zeros(2),
        "W2": generator.normal(size=(2, 1)),
        "b2": np.zeros(1),
    }


def forward_pass(params, X):
    """Return every value that the network computes from X, in order, as a dict of arrays."""
    W1, b1, W2, b2 = (params[name] for name in PARAMETERS)
    Z1 = X @ W1 + b1                              # (F1)
    # (F2) the activation, with exponentials of negative numbers only
    A1 = np.exp(np.minimum(0, Z1)) / (1 + np.exp(-np.abs(Z1)))
    Z2 = A1 @ W2 + b2                             # (F3)
    # (F4) the activation, with exponentials of negative numbers only
    Yhat = np.exp(np.minimum(0, Z2)) / (1 + np.exp(-np.abs(Z2)))
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "Yhat": Yhat}


def forward(params, X):
    """Return the predictions Yhat of shape (N, 1) for the inputs X of shape (N, 2)."""
    return forward_pass(params, X)["Yhat"]


def loss(params, X, Y):
    """Return the cost J, the sum of the samples' losses, a number."""
    return cost(forward_pass(params, X), Y)


def cost(values, Y):
    """Return the cost J of the values of a forward pass, in a form that never overflows."""
    Z2 = values["Z2"]
    # (C1) log of the activation, written over Z: it never sees 0
    terms = (1 - Y) * np.logaddexp(0, Z2) + Y * np.logaddexp(0, -Z2)
    L = terms.sum(axis=1)
    J = L.sum()                                   # (C2)
    return float(J)


def loss_and_gradients(params, X, Y):
    """Return the cost J and its derivative by each parameter, a dict like params."""
    values = forward_pass(params, X)
    W2 = params["W2"]
    A1, Yhat = values["A1"], values["Yhat"]
    dZ2 = Yhat - Y                                # (B1)
    dW2 = A1.T @ dZ2                              # (B2)
    db2 = dZ2.sum(axis=0)                         # (B3)
    dZ1 = (dZ2 @ W2.T) * A1 * (1 - A1)            # (B4)
    dW1 = X.T @ dZ1                               # (B5)
    db1 = dZ1.sum(axis=0)                         # (B6)
    gradients = {"W2": dW2, "b2": db2, "W1": dW1, "b1": db1}
    return cost(values, Y), gradients


def train(params, X, Y, learning_rate=0.5, epochs=2000):
    """Return the trained parameters and the cost before each step of gradient descent."""
    params = {name: value.copy() for name, value in params.items()}
    losses = []
    for _ in range(epochs):
        J, gradients = loss_and_gradients(params, X, Y)
        losses.append(J)
        for name in PARAMETERS:
            params[name] -= learning_rate * gradients[name]
    return params, losses


def main():
    """Train on the data above and print the cost as it falls."""
    params, losses = train(init_params(), X, Y)
    for epoch in range(0, len(losses), max(1, len(losses) // 10)):
        print(f"epoch {epoch:6d}   J = {losses[epoch]:.6f}")
    predictions = forward(params, X)
    print(f"epoch {len(losses):6d}   J = {loss(params, X, Y):.6f}")
    correct = int(np.sum((predictions > 0.5) == (Y > 0.5)))
    print(f"{correct} of {len(X)} correct")


if __name__ == "__main__":
    main()
